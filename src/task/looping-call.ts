import { checkOptions, type OptionKind } from "../reactor/check-options.ts";
import type { Clock, DelayedCall } from "../reactor/clock.ts";
import { CLOCK, DURATION, FLAG, FUNCTION, SIGNAL } from "../reactor/option-kinds.ts";
import type { WaitOptions } from "./wait-options.ts";

/** How a `LoopingCall` starts. */
export interface LoopingCallOptions extends WaitOptions {
  /** Whether the first call is made at once instead of after one interval; true unless told. */
  readonly now?: boolean;
}

const START_OPTIONS = {
  now: FLAG,
  signal: SIGNAL,
} satisfies Record<keyof LoopingCallOptions, OptionKind>;

/**
 * Calls a function at regular intervals, which are counted from the start: a late call does not
 * make the following ones late. Intervals that pass during a call, or while the program is
 * blocked, are skipped, and the function is told how many it stands for. When it returns a
 * promise, no other call is made before that is done.
 */
export class LoopingCall {
  readonly #clock: Clock;
  readonly #call: (count: number) => unknown;
  readonly #callDue = () => this.#makeCall();
  readonly #callDone = () => this.#called();
  readonly #callFailed = (error: unknown) => this.#failed(error);
  readonly #abort = () => this.#cancel();
  /** `finishing`: stopped during a call whose promise is still to settle. */
  #state: "stopped" | "waiting" | "calling" | "finishing" = "stopped";
  #intervalMs = 0;
  /** Interval 0 of the grid begins here. */
  #startedAt = 0;
  /** The intervals up to this one have been called for. */
  #lastInterval = 0;
  #nextInterval = 0;
  #next: DelayedCall | null = null;
  #signal: AbortSignal | undefined;
  #finished = Promise.withResolvers<void>();

  /**
   * @param call gets the number of intervals since its last call, and at least 1. What it throws,
   *   or the promise that it returns rejects with, ends the loop
   * @throws {TypeError} when `clock` is no clock, or `call` no function
   */
  constructor(clock: Clock, call: (count: number) => unknown) {
    CLOCK.check("LoopingCall: clock", clock);
    FUNCTION.check("LoopingCall: call", call);
    this.#clock = clock;
    this.#call = call;
  }

  /** Whether further calls are to come. */
  get running(): boolean {
    return this.#state === "waiting" || this.#state === "calling";
  }

  /**
   * Begins the calls. It may be started again once the promise of the start before has settled.
   *
   * @param intervalMs the time from call to call; with 0 there is one call each turn
   * @param options.signal stops the loop, and has the promise reject with the signal's reason
   * @returns a promise that resolves after `stop`, and rejects when a call fails, with its error;
   *   in both cases no call is under way then. It does neither when the clock is a reactor that
   *   stops: then there are no further calls, and `stop` makes the loop ready to start again
   * @throws {RangeError} as a rejection, when the interval is negative or not a finite number
   * @throws {TypeError} as a rejection, for an option that is none
   * @throws {Error} as a rejection, when it runs already
   */
  async start(intervalMs: number, options: LoopingCallOptions = {}): Promise<void> {
    DURATION.check("LoopingCall.start: intervalMs", intervalMs);
    checkOptions("LoopingCall.start", options, START_OPTIONS);
    const { now = true, signal } = options;
    if (this.#state !== "stopped") {
      throw new Error(`Cannot start a looping call that is ${this.#state}`);
    }
    signal?.throwIfAborted();
    signal?.addEventListener("abort", this.#abort);
    this.#signal = signal;
    this.#finished = Promise.withResolvers();
    this.#intervalMs = intervalMs;
    this.#startedAt = this.#clock.now();
    this.#lastInterval = now ? -1 : 0;
    this.#nextInterval = 0;
    const { promise } = this.#finished;
    if (now) this.#makeCall();
    else this.#scheduleNext();
    return promise;
  }

  /**
   * Makes no further call. A call that is under way is left to end.
   *
   * @throws {Error} when it does not run
   */
  stop(): void {
    this.#mustRun("stop");
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#signal = undefined;
    this.#end();
  }

  /**
   * Makes the next call one interval from now, and the later ones in intervals from that. During a
   * call it does nothing: there is no next one yet.
   *
   * @throws {Error} when it does not run
   */
  reset(): void {
    this.#mustRun("reset");
    if (this.#state !== "waiting") return;
    this.#next?.[Symbol.dispose]();
    this.#startedAt = this.#clock.now();
    this.#lastInterval = 0;
    this.#scheduleNext();
  }

  #makeCall(): void {
    this.#next = null;
    this.#state = "calling";
    const interval = Math.max(this.#nextInterval, this.#currentInterval());
    const count = interval - this.#lastInterval;
    this.#lastInterval = interval;
    try {
      const result = this.#call(count);
      if (result instanceof Promise) result.then(this.#callDone, this.#callFailed);
      else this.#called();
    } catch (error) {
      this.#failed(error);
    }
  }

  #called(): void {
    if (this.#state === "finishing") this.#settle();
    else this.#scheduleNext();
  }

  #failed(error: unknown): void {
    this.#state = "stopped";
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#finished.reject(error);
  }

  #scheduleNext(): void {
    this.#state = "waiting";
    // A clock that rounds may show the time of the last call as just before its interval.
    this.#nextInterval = Math.max(this.#currentInterval(), this.#lastInterval) + 1;
    const due = this.#startedAt + this.#nextInterval * this.#intervalMs;
    this.#next = this.#clock.callLater(Math.max(0, due - this.#clock.now()), this.#callDue);
  }

  /** Of an interval of 0 there is always a next one, so counting goes by calls. */
  #currentInterval(): number {
    if (this.#intervalMs === 0) return this.#lastInterval;
    return Math.floor((this.#clock.now() - this.#startedAt) / this.#intervalMs);
  }

  /** Called by the signal of `start`. */
  #cancel(): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#end();
  }

  #end(): void {
    this.#next?.[Symbol.dispose]();
    this.#next = null;
    if (this.#state === "calling") this.#state = "finishing";
    else this.#settle();
  }

  #settle(): void {
    this.#state = "stopped";
    if (this.#signal?.aborted) this.#finished.reject(this.#signal.reason);
    else this.#finished.resolve();
  }

  #mustRun(verb: string): void {
    if (!this.running) throw new Error(`Cannot ${verb} a looping call that does not run`);
  }
}
