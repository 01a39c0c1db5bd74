import type { Clock, DelayedCall } from "../reactor/clock.ts";

/**
 * Notices when nothing has happened for a while. Its owner, a protocol or a policy, holds one for
 * each thing it watches, calls `reset` whenever that happens, and `set(null)` when it is over.
 *
 * `reset` only notes the time. There is one timed call, which when due looks whether there was a
 * reset and, if so, waits for what is left; so a connection that is never idle costs one timed
 * call for each `timeoutMs`, however much goes on.
 */
export class IdleTimeout {
  readonly #clock: Clock;
  readonly #timeoutConnection: () => void;
  readonly #callDue = () => this.#lookAtTime();
  #timeoutMs: number | null = null;
  /** The timed call; null when nothing is watched, or the timeout has come. */
  #call: DelayedCall | null = null;
  #resetAt = Number.NEGATIVE_INFINITY;

  /**
   * @param timeoutConnection called once when the time is over; nothing more comes until `set`
   */
  constructor(clock: Clock, timeoutConnection: () => void) {
    this.#clock = clock;
    this.#timeoutConnection = timeoutConnection;
  }

  /** What `set` was last given, in milliseconds; null when that was null, or there was none. */
  get timeoutMs(): number | null {
    return this.#timeoutMs;
  }

  /** Whether `timeoutConnection` is still to come, should nothing happen. */
  get active(): boolean {
    return this.#call?.active ?? false;
  }

  /**
   * Starts counting `timeoutMs` from now, whatever was before. With null it stops, and leaves no
   * timed call behind.
   *
   * @returns what `timeoutMs` was before
   * @throws {RangeError} when `timeoutMs` is negative or not a finite number
   */
  set(timeoutMs: number | null): number | null {
    const previous = this.#timeoutMs;
    if (timeoutMs === null) {
      this.#call?.[Symbol.dispose]();
      this.#call = null;
    } else if (this.#call?.active === true) {
      this.#call.reset(timeoutMs);
    } else {
      this.#call = this.#clock.callLater(timeoutMs, this.#callDue);
    }
    this.#timeoutMs = timeoutMs;
    return previous;
  }

  /** Something happened: counts from now on. Does nothing when nothing is counted. */
  reset(): void {
    this.#resetAt = this.#clock.now();
  }

  #lookAtTime(): void {
    this.#call = null;
    // Without a reset since `set` this is not above 0, whatever resets were before.
    const leftMs = this.#resetAt + (this.#timeoutMs ?? 0) - this.#clock.now();
    if (leftMs > 0) this.#call = this.#clock.callLater(leftMs, this.#callDue);
    else this.#timeoutConnection();
  }
}
