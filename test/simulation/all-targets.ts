import { CLIENT_TARGETS } from "./client-targets.ts";
import { DATAGRAM_TARGETS } from "./datagram-targets.ts";
import { MESSAGE_TARGETS } from "./message-targets.ts";
import { POLICED_TALKERS_TARGET } from "./policed-talkers-target.ts";
import { POLICY_TARGETS } from "./policy-targets.ts";
import { PORT_FORWARD_TARGET } from "./port-forward-target.ts";
import { SERVICE_TARGETS } from "./service-targets.ts";
import { STREAM_PROTOCOL_TARGETS } from "./stream-protocol-target.ts";
import type { Target } from "./target.ts";
import { TRANSPORT_TARGET } from "./transport-target.ts";

/** Everything of ours that must survive, in the order it is run. */
export const TARGETS: readonly Target[] = [
  TRANSPORT_TARGET,
  ...SERVICE_TARGETS,
  ...DATAGRAM_TARGETS,
  ...MESSAGE_TARGETS,
  ...STREAM_PROTOCOL_TARGETS,
  PORT_FORWARD_TARGET,
  ...POLICY_TARGETS,
  POLICED_TALKERS_TARGET,
  ...CLIENT_TARGETS,
];
