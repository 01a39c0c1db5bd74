import type { Clock } from "../reactor/clock.ts";
import { TokenBucket } from "../task/token-bucket.ts";

/** How fast bytes may go. */
export interface ShapingRate {
  readonly bytesPerSecond: number;
  /**
   * What may go at once after a rest; by default what goes in one second. Where connections share
   * it, it goes round. Timers are of some milliseconds, so what is less than goes in these slows
   * down below the rate.
   */
  readonly burstBytes?: number;
}

/** The most that is handed on in one piece, so that even a large burst is not one large lump. */
const MAX_PIECE_BYTES = 65_536;

/** How long a piece takes at its rate: connections that share one take turns of this length. */
const PIECE_SECONDS = 0.02;

/**
 * The buckets that one direction of one connection draws on: its own, and the one that it shares.
 * What goes is charged to both, and may make a debt, which time pays back.
 */
export class Pace {
  readonly #buckets: readonly TokenBucket[];
  /** How much may go in one piece. */
  readonly pieceBytes: number;
  /** How much of a burst may go before others who share it have their turn. */
  readonly shareBytes: number;

  /** @param total what all connections share */
  constructor(own: PacedBucket | null, total: PacedBucket | null) {
    const used = [own, total].filter((bucket) => bucket !== null);
    this.#buckets = used.map(({ bucket }) => bucket);
    const pieces = used.map(({ rate }) => pieceOf(rate));
    this.pieceBytes = Math.max(1, Math.floor(Math.min(MAX_PIECE_BYTES, ...pieces)));
    this.shareBytes = total === null ? Infinity : pieceOf(total.rate);
  }

  charge(bytes: number): void {
    for (const bucket of this.#buckets) bucket.charge(bytes);
  }

  /** How long until nothing is owed, in milliseconds. */
  get debtMs(): number {
    return this.#longestDelayMs(0);
  }

  /** How long until nothing is owed and something may go. */
  get delayMs(): number {
    return this.#longestDelayMs(1);
  }

  #longestDelayMs(bytes: number): number {
    let longestMs = 0;
    for (const bucket of this.#buckets) longestMs = Math.max(longestMs, bucket.delayMs(bytes));
    return longestMs;
  }
}

/** A bucket, and the rate that it was made for. */
export interface PacedBucket {
  readonly bucket: TokenBucket;
  readonly rate: ShapingRate;
}

/** @throws {RangeError} when the rate or its burst is not above 0 */
export function bucketFor(clock: Clock, rate: ShapingRate): PacedBucket {
  const options = { ratePerSecond: rate.bytesPerSecond, burst: burstOf(rate) };
  return { bucket: new TokenBucket(clock, options), rate };
}

function burstOf(rate: ShapingRate): number {
  return rate.burstBytes ?? rate.bytesPerSecond;
}

function pieceOf(rate: ShapingRate): number {
  return Math.min(burstOf(rate), PIECE_SECONDS * rate.bytesPerSecond);
}
