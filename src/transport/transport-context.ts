import type { Clock } from "../reactor/clock.ts";
import type { Logger } from "../reactor/logger.ts";
import type { TLSMaker } from "./tls-maker.ts";
import type { Turn } from "./turn.ts";

/** What the connections and ports of one reactor share. */
export interface TransportContext {
  readonly turn: Turn;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tls: TLSMaker;
}
