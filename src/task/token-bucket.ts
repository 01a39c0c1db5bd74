import type { Clock } from "../reactor/clock.ts";

/** How fast a `TokenBucket` lets things through. */
export interface TokenBucketOptions {
  /** Tokens that come back each second; `Infinity` for all at once. */
  readonly ratePerSecond: number;
  /** Tokens that the full bucket has, and so what may go at once; `Infinity` sets no limit. */
  readonly burst: number;
}

/**
 * Counts what may still be done at a given rate: a full bucket holds `burst` tokens, doing costs
 * some, and time brings them back. It is arithmetic on a clock's time and makes no timed calls.
 * Tokens are whatever the caller counts, such as bytes, and may be fractions.
 */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #ratePerSecond: number;
  readonly #burst: number;
  #used = 0;
  #refilledAt: number;

  /** @throws {RangeError} when the rate or the burst is not above 0 */
  constructor(clock: Clock, options: TokenBucketOptions) {
    mustBePositive("rate", options.ratePerSecond);
    mustBePositive("burst", options.burst);
    this.#clock = clock;
    this.#ratePerSecond = options.ratePerSecond;
    this.#burst = options.burst;
    this.#refilledAt = clock.now();
  }

  /** The tokens that were missing when the bucket was last used; above `burst` it is in debt. */
  get used(): number {
    return this.#used;
  }

  /**
   * Takes as many of `amount` tokens as there are, and says how many that was.
   *
   * @throws {RangeError} when `amount` is negative or not a number, as `charge` does
   */
  take(amount: number): number {
    mustNotBeNegative(amount);
    this.refill();
    const taken = Math.min(amount, Math.max(0, this.#burst - this.#used));
    this.#used += taken;
    return taken;
  }

  /**
   * Charges `amount` tokens for what has been done already, whether they are there or not. What is
   * missing is a debt, which time pays back first.
   */
  charge(amount: number): void {
    mustNotBeNegative(amount);
    this.refill();
    this.#used += amount;
  }

  /**
   * How long until `amount` tokens can be taken, in whole milliseconds; 0 when they are there. More
   * than `burst` never are, so then it is until the bucket is full.
   *
   * @throws {RangeError} when `amount` is negative or not a number
   */
  delayMs(amount: number): number {
    mustNotBeNegative(amount);
    this.refill();
    const missing = this.#used + Math.min(amount, this.#burst) - this.#burst;
    // An infinite burst is never short of anything, but gives no number to compare.
    if (Number.isNaN(missing) || missing <= 0) return 0;
    return Math.ceil((missing / this.#ratePerSecond) * 1_000);
  }

  /** Puts in what has come back since the last use; true when the bucket is then full. */
  refill(): boolean {
    const now = this.#clock.now();
    const elapsedMs = now - this.#refilledAt;
    this.#refilledAt = now;
    if (this.#ratePerSecond === Number.POSITIVE_INFINITY) this.#used = 0;
    else this.#used = Math.max(0, this.#used - (elapsedMs / 1_000) * this.#ratePerSecond);
    return this.#used === 0;
  }
}

function mustBePositive(what: string, value: number): void {
  if (value > 0) return;
  throw new RangeError(`Cannot make a token bucket with a ${what} of ${value}: it must be above 0`);
}

function mustNotBeNegative(amount: number): void {
  if (amount >= 0) return;
  throw new RangeError(`Cannot take ${amount} tokens: a number of at least 0 is needed`);
}
