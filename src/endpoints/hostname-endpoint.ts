import { checkPort } from "../reactor/address.ts";
import { checkDuration } from "../reactor/check-duration.ts";
import {
  ConnectBindError,
  ConnectingCancelledError,
  TimeoutError,
} from "../reactor/connect-error.ts";
import type { EndpointConnectOptions, StreamClientEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import { addressFamily } from "../reactor/ip-address.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectTCPOptions, Reactor } from "../reactor/reactor.ts";
import { AddressRace } from "./address-race.ts";
import { interleaveFamilies } from "./interleave-families.ts";
import { addressesOf, type HostnameResolver, resolveHostname } from "./resolve-hostname.ts";

/** How long an attempt is alone before the next one begins, as RFC 8305 section 8 recommends. */
const DEFAULT_ATTEMPT_DELAY_MS = 250;

/** How long looking up and connecting may take together unless told; the reactor's own value. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** Where a `HostnameEndpoint` connects, and how. */
export interface HostnameEndpointOptions extends Omit<ConnectTCPOptions, "signal" | "tls"> {
  /** How long an attempt has before the next address is tried beside it; 250 unless told. */
  readonly attemptDelayMs?: number;
  /** Finds the addresses; the system's own lookup unless told. */
  readonly resolver?: HostnameResolver;
}

/**
 * A name and a port to connect to, by whichever of its addresses answers first (Happy Eyeballs,
 * RFC 8305). The families are tried in turn. A lookup that was begun goes on after a cancel, since
 * systems cannot take one back; its answer is then ignored.
 *
 * `connect` rejects with a `DNSLookupError` when the name has no address, with a `TimeoutError`
 * when lookup and attempts take longer than `timeoutMs`, and when all addresses have failed with an
 * error that has all of their errors in its `cause`; of the same class as these, if they are alike.
 */
export class HostnameEndpoint implements StreamClientEndpoint {
  readonly #reactor: Reactor;
  readonly #connectOptions: Omit<ConnectTCPOptions, "signal" | "tls">;
  readonly #attemptDelayMs: number;
  readonly #resolver: HostnameResolver;

  /**
   * @throws {InvalidAddressError} for a port that is none
   * @throws {RangeError} when `attemptDelayMs` is negative or not a finite number
   */
  constructor(reactor: Reactor, options: HostnameEndpointOptions) {
    const { attemptDelayMs = DEFAULT_ATTEMPT_DELAY_MS, resolver = resolveHostname } = options;
    const { attemptDelayMs: _delay, resolver: _resolver, ...connectOptions } = options;
    checkPort("tcp", options.port);
    checkDuration("attemptDelayMs", attemptDelayMs);
    this.#reactor = reactor;
    this.#connectOptions = connectOptions;
    this.#attemptDelayMs = attemptDelayMs;
    this.#resolver = resolver;
  }

  async connect<P extends Protocol>(
    factory: Factory<P>,
    options: EndpointConnectOptions = {},
  ): Promise<P> {
    const { signal } = options;
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.#connectOptions;
    if (signal?.aborted) throw this.#cancelled(signal);
    const interrupted = Promise.withResolvers<never>();
    let interrupt = interrupted.reject;
    const cancel = () => interrupt(this.#cancelled(signal));
    using _deadline = this.#reactor.callLater(timeoutMs, () => {
      interrupt(new TimeoutError(this.#target, `no answer within ${timeoutMs} ms`));
    });
    // One use from the first attempt to the last, so that the factory starts only once.
    factory.doStart();
    signal?.addEventListener("abort", cancel);
    try {
      const addresses = await Promise.race([this.#findAddresses(), interrupted.promise]);
      // The lookup may have been quicker by no more than the time it takes to go on here.
      if (signal?.aborted) throw this.#cancelled(signal);
      const race = new AddressRace(
        this.#reactor,
        factory,
        { ...this.#connectOptions, timeoutMs },
        addresses,
        this.#attemptDelayMs,
      );
      interrupt = (error) => race.giveUp(error);
      return await race.run();
    } finally {
      signal?.removeEventListener("abort", cancel);
      factory.doStop();
    }
  }

  /** Those that can be tried, in the order to try them. */
  async #findAddresses(): Promise<readonly string[]> {
    const { host, bindAddress } = this.#connectOptions;
    const found = await addressesOf(host, this.#target, this.#resolver);
    if (bindAddress === undefined) return interleaveFamilies(found);
    const family = addressFamily(bindAddress.host);
    const usable = found.filter((each) => addressFamily(each) === family);
    if (usable.length > 0) return usable;
    const detail = `it has no address of the family of ${bindAddress.host}`;
    throw new ConnectBindError(this.#target, detail);
  }

  get #target(): string {
    const { host, port } = this.#connectOptions;
    return `tcp ${host}:${port}`;
  }

  #cancelled(signal: AbortSignal | undefined): ConnectingCancelledError {
    return new ConnectingCancelledError(this.#target, "cancelled", { cause: signal?.reason });
  }
}
