import { SERVICE_TARGETS } from "./service-targets.ts";
import type { Target } from "./target.ts";

/** Everything of ours that must survive, in the order it is run. */
export const TARGETS: readonly Target[] = [...SERVICE_TARGETS];
