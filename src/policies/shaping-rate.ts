import type { Clock } from "../reactor/clock.ts";
import { TokenBucket } from "../task/token-bucket.ts";

/** How fast bytes may go. */
export interface ShapingRate {
  readonly bytesPerSecond: number;
  /** What may go at once after a rest; what goes in one second unless told. */
  readonly burstBytes?: number;
}

/** The most that is handed on in one piece, so that even a large burst is not one large lump. */
const MAX_PIECE_BYTES = 65_536;

/**
 * The buckets that one direction of one connection draws on: its own, and the one that it shares.
 * What has gone is charged to both; while either is in debt, nothing goes.
 */
export class Pace {
  readonly #buckets: readonly TokenBucket[];
  /** How much may go in one piece, and so into debt. */
  readonly pieceBytes: number;

  constructor(buckets: readonly TokenBucket[], rates: readonly (ShapingRate | undefined)[]) {
    this.#buckets = buckets;
    const bursts = rates.map((rate) => (rate === undefined ? Infinity : burstOf(rate)));
    this.pieceBytes = Math.max(1, Math.floor(Math.min(MAX_PIECE_BYTES, ...bursts)));
  }

  charge(bytes: number): void {
    for (const bucket of this.#buckets) bucket.charge(bytes);
  }

  /** How long nothing may go, in milliseconds; 0 when something may. */
  get delayMs(): number {
    return Math.max(0, ...this.#buckets.map((bucket) => bucket.delayMs(1)));
  }
}

/** @throws {RangeError} when the rate or its burst is not above 0 */
export function bucketFor(clock: Clock, rate: ShapingRate): TokenBucket {
  return new TokenBucket(clock, { ratePerSecond: rate.bytesPerSecond, burst: burstOf(rate) });
}

function burstOf(rate: ShapingRate): number {
  return rate.burstBytes ?? rate.bytesPerSecond;
}
