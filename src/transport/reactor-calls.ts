import { CallQueue } from "../reactor/call-queue.ts";
import type { Clock, DelayedCall } from "../reactor/clock.ts";
import { FUNCTION } from "../reactor/option-kinds.ts";

/**
 * The timed calls that are asked of one reactor, by a clock that others may use as well: it ends
 * all of them when the reactor has stopped, and has later ones wait until it runs again.
 */
export class ReactorCalls implements Clock {
  readonly #clock: Clock;
  /** Those still to come are a list, linked from the newest; a set costs as much as the call. */
  #newest: ReactorCall | null = null;
  /** Those that were made while it was halted, of which the clock does not know; else null. */
  #waiting: CallQueue | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  callLater(delayMs: number, call: () => void): DelayedCall {
    if (typeof call !== "function") FUNCTION.check("callLater: call", call);
    const made = new ReactorCall(this, delayMs, call);
    made.older = this.#newest;
    if (this.#newest !== null) this.#newest.newer = made;
    this.#newest = made;
    return made;
  }

  /** Cancels all that is to come. What is asked for from now on waits for `resume`. */
  halt(): void {
    while (this.#newest !== null) this.#newest.cancel();
    this.#waiting = new CallQueue(
      () => this.#clock.now(),
      () => undefined,
    );
  }

  /** Has those that waited made in their order, at once where their time has passed. */
  resume(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    for (;;) {
      const reschedule = waiting?.takeDue(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
      if (reschedule === undefined) return;
      reschedule();
    }
  }

  /** Called by `ReactorCall` alone. */
  schedule(delayMs: number, made: ReactorCall): DelayedCall {
    if (this.#waiting === null) return this.#clock.callLater(delayMs, made.run);
    return this.#waiting.add(delayMs, () => made.reschedule());
  }

  /** Called by `ReactorCall` alone. */
  isOver(call: ReactorCall): void {
    if (call.newer === null) this.#newest = call.older;
    else call.newer.older = call.older;
    if (call.older !== null) call.older.newer = call.newer;
    // Who keeps the call must not keep those that were made around it.
    call.older = null;
    call.newer = null;
  }
}

/** A call that its reactor knows of until it is made or cancelled. */
class ReactorCall implements DelayedCall {
  older: ReactorCall | null = null;
  newer: ReactorCall | null = null;
  readonly #calls: ReactorCalls;
  readonly #call: () => void;
  #scheduled: DelayedCall;

  constructor(calls: ReactorCalls, delayMs: number, call: () => void) {
    this.#calls = calls;
    this.#call = call;
    this.#scheduled = calls.schedule(delayMs, this);
  }

  /** What the clock calls. It returns what the call does, which may be a promise that rejects. */
  readonly run = (): void => {
    this.#calls.isOver(this);
    return this.#call();
  };

  /** Has the clock know of it from now on. */
  reschedule(): void {
    const delayMs = Math.max(0, this.#scheduled.time - this.#calls.now());
    this.#scheduled = this.#calls.schedule(delayMs, this);
  }

  get active(): boolean {
    return this.#scheduled.active;
  }

  get time(): number {
    return this.#scheduled.time;
  }

  cancel(): void {
    this.#scheduled.cancel();
    this.#calls.isOver(this);
  }

  reset(delayMs: number): void {
    this.#scheduled.reset(delayMs);
  }

  delay(delayMs: number): void {
    this.#scheduled.delay(delayMs);
  }

  [Symbol.dispose](): void {
    if (this.active) this.cancel();
  }
}
