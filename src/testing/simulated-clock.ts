import type { DelayedCall } from "../reactor/clock.ts";
import type { Logger } from "../reactor/logger.ts";
import { ManualClock } from "./manual-clock.ts";

/** The time of a simulated run: every call is an event of the run, whoever asked for it. */
export class SimulatedClock extends ManualClock {
  readonly #step: (call: () => unknown) => void;

  constructor(logger: Logger, step: (call: () => unknown) => void) {
    super({ logger });
    this.#step = step;
  }

  override callLater(delayMs: number, call: () => unknown): DelayedCall {
    return super.callLater(delayMs, () => this.#step(call));
  }

  /** Has `call` called later without an event: what it does is nothing to the run. */
  mark(delayMs: number, call: () => void): void {
    super.callLater(delayMs, call);
  }
}
