import type { Address } from "../reactor/address.ts";
import { Factory, type ProtocolStack } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import { IPNetworks } from "./ip-networks.ts";

/** Who may connect: lists of IP addresses and networks, such as `192.0.2.0/24` or `::1`. */
export interface AccessPolicy {
  /** Only these; everybody when it is left out. */
  readonly allow?: Iterable<string>;
  /** Not these, even when `allow` has them. */
  readonly deny?: Iterable<string>;
}

/**
 * Refuses peers by their IP address, as soon as they are accepted and before TLS. UNIX sockets have
 * none and are always allowed: their path's
 * permissions say who may connect.
 *
 * @throws {InvalidAddressError} for an entry that is no address or network
 */
export function withAccess<P extends Protocol>(
  factory: Factory<P>,
  policy: AccessPolicy,
): Factory<P> {
  const allow = policy.allow && new IPNetworks(policy.allow);
  return new AccessFactory(factory, allow, new IPNetworks(policy.deny ?? []));
}

class AccessFactory<P extends Protocol> extends Factory<P> {
  readonly #inner: Factory<P>;
  readonly #allow: IPNetworks | undefined;
  readonly #deny: IPNetworks;

  constructor(inner: Factory<P>, allow: IPNetworks | undefined, deny: IPNetworks) {
    super();
    this.#inner = inner;
    this.#allow = allow;
    this.#deny = deny;
  }

  override startFactory(): void {
    this.#inner.doStart();
  }

  override stopFactory(): void {
    this.#inner.doStop();
  }

  override admit(peer: Address): boolean {
    return this.#isAllowed(peer) && this.#inner.admit(peer);
  }

  override dismiss(peer: Address): void {
    this.#inner.dismiss(peer);
  }

  /** Asks again, because a factory around this one may not know of `admit`. */
  override buildStack(peer: Address): ProtocolStack<P> | null {
    return this.#isAllowed(peer) ? this.#inner.buildStack(peer) : null;
  }

  #isAllowed(peer: Address): boolean {
    if (peer.kind === "unix") return true;
    return !this.#deny.has(peer) && (this.#allow === undefined || this.#allow.has(peer));
  }
}
