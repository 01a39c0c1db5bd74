import { checkDuration } from "../reactor/check-duration.ts";
import type { Clock } from "../reactor/clock.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";
import type { TokenBucket } from "../task/token-bucket.ts";
import { ReadShaping } from "./read-shaping.ts";
import { bucketFor, Pace, type ShapingRate } from "./shaping-rate.ts";
import { WrappingFactory } from "./wrapping-factory.ts";
import { WriteShaping } from "./write-shaping.ts";

/** How fast connections may be; a direction that is left out is not slowed down. */
export interface ShapingPolicy {
  /** A `Reactor`, as a rule. */
  readonly clock: Clock;
  /** For each connection. */
  readonly read?: ShapingRate;
  readonly write?: ShapingRate;
  /** For all connections of the factory together. */
  readonly totalRead?: ShapingRate;
  readonly totalWrite?: ShapingRate;
  /**
   * How long after data the reading rate is looked at, in milliseconds: a short burst then passes
   * unhindered. 0 unless told.
   */
  readonly checkEveryMs?: number;
}

/**
 * Slows connections down to given rates, in both directions. Reading is slowed by not reading, so
 * that the peer waits; writing by a queue that the water marks, producers and closing take into
 * account.
 *
 * @throws {RangeError} when a rate or a burst is not above 0, or `checkEveryMs` is negative or not
 *   a finite number
 */
export function withShaping<P extends Protocol>(
  factory: Factory<P>,
  policy: ShapingPolicy,
): Factory<P> {
  checkDuration("checkEveryMs", policy.checkEveryMs ?? 0);
  return new ShapingFactory(factory, policy);
}

class ShapingFactory<P extends Protocol> extends WrappingFactory<P> {
  readonly #policy: ShapingPolicy;
  readonly #totalRead: TokenBucket | null;
  readonly #totalWrite: TokenBucket | null;

  constructor(inner: Factory<P>, policy: ShapingPolicy) {
    super(inner);
    const { clock, read, write, totalRead, totalWrite } = policy;
    // A bad rate is refused here, not at the first connection.
    for (const rate of [read, write]) if (rate !== undefined) bucketFor(clock, rate);
    this.#policy = policy;
    this.#totalRead = totalRead === undefined ? null : bucketFor(clock, totalRead);
    this.#totalWrite = totalWrite === undefined ? null : bucketFor(clock, totalWrite);
  }

  protected override wrap(inner: ConnectionCallbacks): ConnectionCallbacks {
    const { clock, read, write, totalRead, totalWrite, checkEveryMs = 0 } = this.#policy;
    const reading = this.#pace(read, this.#totalRead, totalRead);
    const writing = this.#pace(write, this.#totalWrite, totalWrite);
    const written = writing === null ? inner : new WriteShaping(inner, clock, writing);
    return reading === null ? written : new ReadShaping(written, clock, reading, checkEveryMs);
  }

  #pace(
    rate: ShapingRate | undefined,
    total: TokenBucket | null,
    totalRate: ShapingRate | undefined,
  ): Pace | null {
    const own = rate === undefined ? [] : [bucketFor(this.#policy.clock, rate)];
    const buckets = total === null ? own : [...own, total];
    return buckets.length === 0 ? null : new Pace(buckets, [rate, totalRate]);
  }
}
