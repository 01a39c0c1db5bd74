import type {
  EndpointConnectOptions,
  StreamClientEndpoint,
  StreamServerEndpoint,
} from "../reactor/endpoint.ts";
import { checkPort, type InternetAddress } from "../reactor/address.ts";
import type { Factory } from "../reactor/factory.ts";
import { InvalidAddressError } from "../reactor/invalid-address-error.ts";
import { isIPv6 } from "../reactor/ip-address.ts";
import type { ListeningPort } from "../reactor/listening-port.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectTCPOptions, ListenTCPOptions, Reactor } from "../reactor/reactor.ts";

/** A TCP address to listen at. Each `listen` opens a port of its own. */
export class TCPServerEndpoint implements StreamServerEndpoint {
  readonly #reactor: Reactor;
  readonly #options: ListenTCPOptions;

  /** @param options as `listenTCP` takes them: 127.0.0.1 and a free port unless told */
  constructor(reactor: Reactor, options: ListenTCPOptions = {}) {
    this.#reactor = reactor;
    this.#options = options;
  }

  listen(factory: Factory): Promise<ListeningPort<InternetAddress>> {
    return this.#reactor.listenTCP(this.#options, factory);
  }
}

/** An IPv6 address to listen at; `::` takes IPv4 too, unless `ipv6Only`. */
export class TCP6ServerEndpoint extends TCPServerEndpoint {
  /**
   * @param options as `listenTCP` takes them, but ::1 unless told
   * @throws {InvalidAddressError} for a host that is no IPv6 address
   */
  constructor(reactor: Reactor, options: ListenTCPOptions = {}) {
    const { host = "::1" } = options;
    if (!isIPv6(host)) {
      throw new InvalidAddressError(`tcp6 host ${JSON.stringify(host)} is not an IPv6 address`);
    }
    super(reactor, { ...options, host });
  }
}

/** An IP address or a name, whose addresses race, and a port to connect to. */
export class TCPClientEndpoint implements StreamClientEndpoint {
  readonly #reactor: Reactor;
  readonly #options: Omit<ConnectTCPOptions, "signal">;

  /**
   * @param options as `connectTCP` takes them
   * @throws {InvalidAddressError} for a port that is none
   */
  constructor(reactor: Reactor, options: Omit<ConnectTCPOptions, "signal">) {
    checkPort("tcp", options.port);
    this.#reactor = reactor;
    this.#options = options;
  }

  connect<P extends Protocol>(
    factory: Factory<P>,
    options: EndpointConnectOptions = {},
  ): Promise<P> {
    return this.#reactor.connectTCP({ ...this.#options, ...options }, factory);
  }
}
