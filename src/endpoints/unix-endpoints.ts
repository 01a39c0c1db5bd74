import type {
  EndpointConnectOptions,
  StreamClientEndpoint,
  StreamServerEndpoint,
} from "../reactor/endpoint.ts";
import type { UNIXAddress } from "../reactor/address.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort } from "../reactor/listening-port.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectUNIXOptions, ListenUNIXOptions, Reactor } from "../reactor/reactor.ts";

/** A path or abstract name to listen at, for connections of this host. */
export class UNIXServerEndpoint implements StreamServerEndpoint {
  readonly #reactor: Reactor;
  readonly #options: ListenUNIXOptions;

  /** @param options as `listenUNIX` takes them */
  constructor(reactor: Reactor, options: ListenUNIXOptions) {
    this.#reactor = reactor;
    this.#options = options;
  }

  listen(factory: Factory): Promise<ListeningPort<UNIXAddress>> {
    return this.#reactor.listenUNIX(this.#options, factory);
  }
}

/** A path or abstract name to connect to. */
export class UNIXClientEndpoint implements StreamClientEndpoint {
  readonly #reactor: Reactor;
  readonly #options: Omit<ConnectUNIXOptions, "signal">;

  /** @param options as `connectUNIX` takes them */
  constructor(reactor: Reactor, options: Omit<ConnectUNIXOptions, "signal">) {
    this.#reactor = reactor;
    this.#options = options;
  }

  connect<P extends Protocol>(
    factory: Factory<P>,
    options: EndpointConnectOptions = {},
  ): Promise<P> {
    return this.#reactor.connectUNIX({ ...this.#options, ...options }, factory);
  }
}
