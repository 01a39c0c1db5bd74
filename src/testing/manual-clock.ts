import { CallQueue } from "../reactor/call-queue.ts";
import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { Logger } from "../reactor/logger.ts";

/** How a `ManualClock` reports, and what goes on between its moments. */
export interface ManualClockOptions {
  /**
   * Gets the errors that timed calls throw, as a reactor's logger does. Without one, `advance` and
   * the others throw them, all together, once the calls after them have run; what an `async` call
   * throws is an unhandled rejection then.
   */
  readonly logger?: Logger;
  /** Called before time moves on, and after the calls of each moment: deliver what they wrote. */
  readonly settle?: () => void;
}

/**
 * Time that stands still until a test moves it. It starts at 0. Give it to what takes a `Clock`,
 * and `advance` it: every call that comes due runs inside `advance`, at its own time, in order.
 *
 * A call that is due at once and made inside another call (`callLater(0)`) waits for the next
 * `advance`, so that no chain of them can run for ever. Promises that a call settles are continued
 * only after the test awaits something.
 */
export class ManualClock implements Clock {
  readonly #queue = new CallQueue(
    () => this.#now,
    () => undefined,
  );
  readonly #logger: Logger | undefined;
  readonly #settle: () => void;
  #now = 0;
  #moving = false;
  #errors: unknown[] = [];

  constructor(options: ManualClockOptions = {}) {
    this.#logger = options.logger;
    this.#settle = options.settle ?? (() => undefined);
  }

  now(): number {
    return this.#now;
  }

  callLater(delayMs: number, call: () => void): DelayedCall {
    return this.#queue.add(delayMs, call);
  }

  /** How many calls are still to come. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * Moves time on by `ms`, stopping at each moment at which a call is due; those see that moment
   * as `now()`, and what they ask for later may still run in this same advance.
   *
   * @throws {RangeError} when `ms` is negative or not finite
   * @throws {AggregateError} of what the calls threw, unless the clock has a logger
   */
  advance(ms: number): void {
    this.#move(ms, (end) => this.#stepTo(end));
  }

  /**
   * Moves time on by `ms` in one leap, as for a program that was blocked: what is due runs
   * afterwards, and sees the new time as `now()`. Throws as `advance` does.
   */
  jump(ms: number): void {
    this.#move(ms, (end) => {
      this.#now = end;
      this.#runDue();
    });
  }

  /**
   * Moves time on to the earliest call and runs it, with the others of its moment. Throws as
   * `advance` does.
   *
   * @returns false when there is no call to come
   */
  advanceToNext(): boolean {
    this.#settle();
    const { earliest } = this.#queue;
    if (earliest === undefined) return false;
    this.#move(0, () => this.#stepTo(Math.max(this.#now, earliest)));
    return true;
  }

  /** Advances by each of `stepsMs` in turn. */
  pump(stepsMs: Iterable<number>): void {
    for (const step of stepsMs) this.advance(step);
  }

  #move(ms: number, move: (end: number) => void): void {
    if (!Number.isFinite(ms) || ms < 0) {
      throw new RangeError(
        `Cannot move a clock by ${ms} ms: a finite number of at least 0 is needed`,
      );
    }
    if (this.#moving) throw new Error("Cannot move a clock inside one of its own calls");
    this.#moving = true;
    try {
      this.#settle();
      move(this.#now + ms);
    } finally {
      this.#queue.putBack();
      this.#moving = false;
    }
    this.#throwErrors();
  }

  #stepTo(end: number): void {
    this.#runDue();
    for (;;) {
      // What was made for this moment meanwhile is left to the next advance.
      this.#queue.setAsideDue(this.#now);
      const next = this.#queue.earliest;
      if (next === undefined || next > end) break;
      this.#now = next;
      this.#runDue();
    }
    this.#now = end;
  }

  /** Runs the calls of this moment that were there when it came. */
  #runDue(): void {
    const { nextSequence } = this.#queue;
    for (;;) {
      const call = this.#queue.takeDue(this.#now, nextSequence);
      if (call === undefined) break;
      try {
        const result: unknown = call();
        // Without a logger it is left to the runtime: `advance` has returned when it is rejected.
        if (result instanceof Promise && this.#logger !== undefined) {
          result.catch((error: unknown) => this.#failed(error));
        }
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#settle();
  }

  #failed(error: unknown): void {
    if (this.#logger === undefined) this.#errors.push(error);
    else this.#logger.error("a timed call failed", error);
  }

  #throwErrors(): void {
    const errors = this.#errors;
    if (errors.length === 0) return;
    this.#errors = [];
    throw new AggregateError(errors, `Timed calls failed: ${errors.map(String).join("; ")}`);
  }
}
