import type { Address } from "../reactor/address.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import { Factory, type ProtocolStack } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";
import { peerKey } from "./peer-key.ts";
import { ProtocolWrapper } from "./protocol-wrapper.ts";

/** How many connections there may be at a time; a limit that is left out does not hold. */
export interface LimitPolicy<O extends Protocol = Protocol> {
  readonly maxConnections?: number;
  /** For each peer: an IPv4 address, an IPv6 network of 64 bits, or all UNIX sockets together. */
  readonly maxPerPeer?: number;
  /** Serves those above a limit, to tell them so; without it they are refused. */
  readonly overflow?: Factory<O>;
  /** How many of those there may be at a time; 64 unless told. */
  readonly maxOverflow?: number;
}

/** Telling somebody to come back later must not itself become the load. */
const DEFAULT_MAX_OVERFLOW = 64;

/**
 * Limits how many connections are open, over all ports and connects that use the factory.
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

class LimitingFactory<P extends Protocol, O extends Protocol> extends Factory<P | O> {
  readonly #inner: Factory<P>;
  readonly #overflow: Factory<O> | undefined;
  readonly #served: ConnectionCount;
  readonly #overflowing: ConnectionCount;

  constructor(inner: Factory<P>, policy: LimitPolicy<O>) {
    super();
    this.#inner = inner;
    this.#overflow = policy.overflow;
    this.#served = new ConnectionCount(policy.maxConnections, policy.maxPerPeer);
    this.#overflowing = new ConnectionCount(policy.maxOverflow ?? DEFAULT_MAX_OVERFLOW, undefined);
  }

  override startFactory(): void {
    this.#inner.doStart();
    this.#overflow?.doStart();
  }

  override stopFactory(): void {
    this.#inner.doStop();
    this.#overflow?.doStop();
  }

  override buildStack(peer: Address): ProtocolStack<P | O> | null {
    if (this.#served.hasRoomFor(peer)) return counted(this.#inner, this.#served, peer);
    if (this.#overflow === undefined || !this.#overflowing.hasRoomFor(peer)) return null;
    return counted(this.#overflow, this.#overflowing, peer);
  }
}

/** Builds, and counts only what was built: what throws or refuses takes no place. */
function counted<P extends Protocol>(
  factory: Factory<P>,
  count: ConnectionCount,
  peer: Address,
): ProtocolStack<P> | null {
  const stack = factory.buildStack(peer);
  if (stack === null) return null;
  count.enter(peer);
  return { protocol: stack.protocol, outermost: new CountedWrapper(stack.outermost, count, peer) };
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

class CountedWrapper extends ProtocolWrapper {
  readonly #count: ConnectionCount;
  readonly #peer: Address;

  constructor(inner: ConnectionCallbacks, count: ConnectionCount, peer: Address) {
    super(inner);
    this.#count = count;
    this.#peer = peer;
  }

  override connectionLost(reason: CloseReason): void {
    this.#count.leave(this.#peer);
    return super.connectionLost(reason);
  }
}
