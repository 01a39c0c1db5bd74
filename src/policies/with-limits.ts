import type { Address } from "../reactor/address.ts";
import { Factory, type ProtocolStack } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import { peerKey } from "./peer-key.ts";

/** How many connections there may be at a time; a limit that is left out does not hold. */
export interface LimitPolicy<O extends Protocol = Protocol> {
  readonly maxConnections?: number;
  /** For each peer: an IPv4 address, an IPv6 network of 64 bits, or all UNIX sockets together. */
  readonly maxPerPeer?: number;
  /** Serves those above a limit, to tell them so; without it they are refused. */
  readonly overflow?: Factory<O>;
  /** How many of those there may be at a time; 64 by default. */
  readonly maxOverflow?: number;
}

/** Telling somebody to come back later must not itself become the load. */
const DEFAULT_MAX_OVERFLOW = 64;

/**
 * Limits how many connections are open, over all ports and connects that use the factory. A
 * connection has its place from the moment it is accepted, TLS handshake included, until it has
 * ended; whoever gets none is refused before TLS. That holds for places of `overflow` as well.
 *
 * @throws {RangeError} when a limit is not a whole number of at least 0
 */
export function withLimits<P extends Protocol, O extends Protocol = P>(
  factory: Factory<P>,
  policy: LimitPolicy<O>,
): Factory<P | O> {
  for (const name of ["maxConnections", "maxPerPeer", "maxOverflow"] as const) {
    const limit = policy[name];
    if (limit !== undefined && !(limit >= 0 && (Number.isInteger(limit) || limit === Infinity))) {
      throw new RangeError(`${name} of ${limit} is not a whole number of at least 0`);
    }
  }
  return new LimitingFactory(factory, policy);
}

/** What serves some connections, and how many there are of them. */
interface Places<P extends Protocol> {
  readonly factory: Factory<P>;
  readonly count: ConnectionCount;
}

class LimitingFactory<P extends Protocol, O extends Protocol> extends Factory<P | O> {
  readonly #served: Places<P>;
  readonly #overflowing: Places<O> | null;
  /** Which of the two each connection that was admitted has its place in. */
  readonly #placesOf = new Map<Address, Places<P> | Places<O>>();

  constructor(inner: Factory<P>, policy: LimitPolicy<O>) {
    super();
    const { maxConnections, maxPerPeer, overflow, maxOverflow = DEFAULT_MAX_OVERFLOW } = policy;
    this.#served = { factory: inner, count: new ConnectionCount(maxConnections, maxPerPeer) };
    this.#overflowing =
      overflow === undefined
        ? null
        : { factory: overflow, count: new ConnectionCount(maxOverflow, undefined) };
  }

  override startFactory(): void {
    this.#served.factory.doStart();
    this.#overflowing?.factory.doStart();
  }

  override stopFactory(): void {
    this.#served.factory.doStop();
    this.#overflowing?.factory.doStop();
  }

  override admit(peer: Address): boolean {
    const places = this.#placesFor(peer);
    if (places === null) return false;
    const { factory, count } = places;
    count.enter(peer);
    let admitted = false;
    try {
      admitted = factory.admit(peer);
    } finally {
      if (!admitted) count.leave(peer);
    }
    if (admitted) this.#placesOf.set(peer, places);
    return admitted;
  }

  override dismiss(peer: Address): void {
    const places = this.#placesOf.get(peer);
    if (places === undefined) return;
    this.#placesOf.delete(peer);
    places.count.leave(peer);
    places.factory.dismiss(peer);
  }

  override buildStack(peer: Address): ProtocolStack<P | O> | null {
    const places = this.#placesOf.get(peer);
    if (places !== undefined) return places.factory.buildStack(peer);
    // Served all the same it would not be counted, and no limit would hold.
    throw new Error(
      `${peer} was not admitted: a factory around withLimits must pass admit and dismiss on`,
    );
  }

  #placesFor(peer: Address): Places<P> | Places<O> | null {
    if (this.#served.count.hasRoomFor(peer)) return this.#served;
    return this.#overflowing?.count.hasRoomFor(peer) ? this.#overflowing : null;
  }
}

/** How many connections there are, in all and for each peer that has any. */
class ConnectionCount {
  readonly #max: number;
  readonly #maxPerPeer: number;
  readonly #perPeer = new Map<string, number>();
  #total = 0;

  constructor(max = Number.POSITIVE_INFINITY, maxPerPeer = Number.POSITIVE_INFINITY) {
    this.#max = max;
    this.#maxPerPeer = maxPerPeer;
  }

  hasRoomFor(peer: Address): boolean {
    return this.#total < this.#max && this.#of(peer) < this.#maxPerPeer;
  }

  enter(peer: Address): void {
    this.#total++;
    this.#perPeer.set(peerKey(peer), this.#of(peer) + 1);
  }

  leave(peer: Address): void {
    this.#total--;
    const left = this.#of(peer) - 1;
    if (left > 0) this.#perPeer.set(peerKey(peer), left);
    else this.#perPeer.delete(peerKey(peer));
  }

  #of(peer: Address): number {
    return this.#perPeer.get(peerKey(peer)) ?? 0;
  }
}
