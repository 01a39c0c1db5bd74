import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { Logger } from "../reactor/logger.ts";
import type { Turn } from "../transport/turn.ts";

/** Another clock, whose calls are turns of a reactor, as those of a real reactor's timers are. */
export class TurnClock implements Clock {
  readonly #clock: Clock;
  readonly #turn: Turn;
  readonly #report: (error: unknown) => void;

  constructor(clock: Clock, turn: Turn, logger: Logger) {
    this.#clock = clock;
    this.#turn = turn;
    this.#report = (error) => logger.error("a timed call failed", error);
  }

  now(): number {
    return this.#clock.now();
  }

  callLater(delayMs: number, call: () => void): DelayedCall {
    return this.#clock.callLater(delayMs, () => this.#make(call));
  }

  #make(call: () => void): void {
    const outer = this.#turn.enter();
    try {
      const result: unknown = call();
      if (result instanceof Promise) result.catch(this.#report);
    } catch (error) {
      this.#report(error);
    } finally {
      this.#turn.leave(outer);
    }
  }
}
