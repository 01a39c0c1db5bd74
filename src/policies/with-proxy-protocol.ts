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
 * first; only then is `factory` asked for a protocol, with the client's address, which is also what
 * `getPeer` says. A connection without a valid header is aborted, and no protocol is made; where
 * the header is wrong, and not just late, an `InvalidProxyHeader` is the cause.
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

  override buildStack(peer: Address): ProtocolStack<Protocol> | null {
    if (this.#isTrusted(peer)) {
      const gate = new ProxyGate(this.#inner, this.#policy);
      return { protocol: gate, outermost: gate };
    }
    return this.#policy.untrusted === "plain" ? this.#inner.buildStack(peer) : null;
  }

  #isTrusted(peer: Address): boolean {
    return this.#trusted === null || peer.kind === "unix" || this.#trusted.has(peer);
  }
}
