import { checkDuration } from "../reactor/check-duration.ts";
import type { Clock } from "../reactor/clock.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";
import { ReadChecking } from "./read-checking.ts";
import { ReadShaping } from "./read-shaping.ts";
import { bucketFor, Pace, type PacedBucket, type ShapingRate } from "./shaping-rate.ts";
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
   * unhindered, and what exceeds the rate is paid for by reading nothing afterwards. By default 0:
   * what comes is handed on in pieces, each at its time.
   */
  readonly checkEveryMs?: number;
}

/**
 * Slows connections down to given rates, in both directions. Reading is slowed by handing on what
 * came in pieces and reading no more meanwhile, so that the peer waits; writing by a queue that the
 * water marks, producers and closing take into account. Connections that share a rate take turns.
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
  readonly #totalRead: PacedBucket | null;
  readonly #totalWrite: PacedBucket | null;

  constructor(inner: Factory<P>, policy: ShapingPolicy) {
    super(inner);
    this.#policy = policy;
    // A bad rate is refused here, not at the first connection.
    this.#pace(policy.read, null);
    this.#pace(policy.write, null);
    this.#totalRead = this.#bucket(policy.totalRead);
    this.#totalWrite = this.#bucket(policy.totalWrite);
  }

  protected override wrap(inner: ConnectionCallbacks): ConnectionCallbacks {
    const { clock, read, write, checkEveryMs = 0 } = this.#policy;
    const reading = this.#pace(read, this.#totalRead);
    const writing = this.#pace(write, this.#totalWrite);
    const written = writing === null ? inner : new WriteShaping(inner, clock, writing);
    if (reading === null) return written;
    if (checkEveryMs === 0) return new ReadShaping(written, clock, reading);
    return new ReadChecking(written, clock, reading, checkEveryMs);
  }

  #pace(rate: ShapingRate | undefined, total: PacedBucket | null): Pace | null {
    const own = this.#bucket(rate);
    return own === null && total === null ? null : new Pace(own, total);
  }

  #bucket(rate: ShapingRate | undefined): PacedBucket | null {
    return rate === undefined ? null : bucketFor(this.#policy.clock, rate);
  }
}
