import type { Address } from "../reactor/address.ts";
import { checkDuration } from "../reactor/check-duration.ts";
import type { Clock } from "../reactor/clock.ts";
import { Factory, type ProtocolStack } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import { IPNetworks } from "./ip-networks.ts";
import { ProxyGate, type ProxyGateOptions } from "./proxy-gate.ts";
import type { InvalidProxyHeader } from "./proxy-header-error.ts";

/** From whom a header is taken, and how long it may take. */
export interface ProxyProtocolPolicy {
  /** A `Reactor`, as a rule. */
  readonly clock: Clock;
  /** How long the header may take to be complete, in milliseconds; 5000 unless told. */
  readonly timeoutMs?: number;
  /**
   * The proxies, as IP addresses and networks such as `10.0.0.0/8`. Left out it is everybody, who
   * then can claim any address: do so only where nobody but the proxy can connect. UNIX sockets
   * are always trusted: their path's permissions say who may connect.
   */
  readonly trusted?: Iterable<string>;
  /** Others are refused (`"reject"`, the default), or served as they are, without a header. */
  readonly untrusted?: "reject" | "plain";
  /**
   * False serves as they are those who send no header: at once when what they send does not begin
   * as one, or they finish sending without anything, and after `timeoutMs` when they send nothing.
   * The specification says not to guess, because a client behind a proxy that adds none can then
   * send one of its own. True unless told.
   */
  readonly required?: boolean;
  /** Told of a connection that is aborted for want of a header. */
  readonly headerRefused?: (error: InvalidProxyHeader, proxy: Address) => void;
}

/** The specification asks for 3 seconds at least, so that one lost segment can be sent again. */
const DEFAULT_TIMEOUT_MS = 5000;

/**
 * For a server behind a proxy that speaks the PROXY protocol, version 1 or 2. The header is read
 * first; only then is `factory` asked, by the client's address, whether it admits it, and for a
 * protocol. That address is also what `getPeer` says. A factory around this one is asked by the
 * address of the proxy, when that connects. A connection without a valid header is aborted, and no
 * protocol is made; where the header is wrong, and not just late, an `InvalidProxyHeader` is the
 * cause.
 *
 * @throws {RangeError} when `timeoutMs` is negative or not a finite number
 * @throws {InvalidAddressError} for an entry of `trusted` that is no address or network
 */
export function withProxyProtocol<P extends Protocol>(
  factory: Factory<P>,
  policy: ProxyProtocolPolicy,
): Factory<Protocol> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, required = true } = policy;
  checkDuration("timeoutMs", timeoutMs);
  return new ProxyProtocolFactory(factory, { ...policy, timeoutMs, required });
}

class ProxyProtocolFactory extends Factory<Protocol> {
  readonly #inner: Factory<Protocol>;
  /** The clients that the inner factory has admitted, by the ends they are connected through. */
  readonly #clients = new Map<Address, Address>();
  readonly #policy: ProxyProtocolPolicy & ProxyGateOptions;
  readonly #trusted: IPNetworks | null;

  constructor(inner: Factory<Protocol>, policy: ProxyProtocolPolicy & ProxyGateOptions) {
    super();
    this.#inner = inner;
    this.#policy = policy;
    this.#trusted = policy.trusted === undefined ? null : new IPNetworks(policy.trusted);
  }

  override startFactory(): void {
    this.#inner.doStart();
  }

  override stopFactory(): void {
    this.#inner.doStop();
  }

  /** Whom a proxy speaks for is known only later; the others are who they are. */
  override admit(peer: Address): boolean {
    if (this.#isTrusted(peer)) return true;
    return this.#policy.untrusted === "plain" && this.#admitClient(peer, peer);
  }

  override dismiss(peer: Address): void {
    const client = this.#clients.get(peer);
    if (client === undefined) return;
    this.#clients.delete(peer);
    this.#inner.dismiss(client);
  }

  override buildStack(peer: Address): ProtocolStack<Protocol> | null {
    if (this.#isTrusted(peer)) {
      const serve = (client: Address) => this.#serve(peer, client);
      const gate = new ProxyGate(peer, serve, this.#policy);
      return { protocol: gate, outermost: gate };
    }
    return this.#policy.untrusted === "plain" ? this.#inner.buildStack(peer) : null;
  }

  /** What serves `client`, who is connected through `peer`; null when the factory refuses it. */
  #serve(peer: Address, client: Address): ProtocolStack<Protocol> | null {
    if (!this.#admitClient(peer, client)) return null;
    let stack: ProtocolStack<Protocol> | null = null;
    try {
      stack = this.#inner.buildStack(client);
      return stack;
    } finally {
      // Who is refused may be connected for a while yet, but has no place any more.
      if (stack === null) this.dismiss(peer);
    }
  }

  #admitClient(peer: Address, client: Address): boolean {
    const admitted = this.#inner.admit(client);
    if (admitted) this.#clients.set(peer, client);
    return admitted;
  }

  #isTrusted(peer: Address): boolean {
    return this.#trusted === null || peer.kind === "unix" || this.#trusted.has(peer);
  }
}
