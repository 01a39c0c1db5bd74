import { FRAMING_TARGETS } from "./framing-targets.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { PROXY_TARGETS } from "./proxy-targets.ts";
import { RECEIVER_TARGETS } from "./receiver-targets.ts";

/** Everything that is tried, in the order it is. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  ...FRAMING_TARGETS,
  ...RECEIVER_TARGETS,
  ...PROXY_TARGETS,
];
