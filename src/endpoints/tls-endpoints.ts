import type { InternetAddress } from "../reactor/address.ts";
import type {
  EndpointConnectOptions,
  StreamClientEndpoint,
  StreamServerEndpoint,
} from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort } from "../reactor/listening-port.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ListenTCPOptions, Reactor } from "../reactor/reactor.ts";
import type { TLSClientOptions, TLSServerOptions } from "../reactor/tls.ts";
import {
  DEFAULT_TIMEOUT_MS,
  HostnameEndpoint,
  type HostnameEndpointOptions,
} from "./hostname-endpoint.ts";
import { TCPServerEndpoint } from "./tcp-endpoints.ts";
import { TimedClientEndpoint } from "./timed-client-endpoint.ts";
import { wrapClientTLS } from "./wrap-client-tls.ts";

/** A TCP address to listen at, for connections that are secured from their first byte. */
export class TLSServerEndpoint implements StreamServerEndpoint {
  readonly #endpoint: TCPServerEndpoint;

  /** @param options as `listenTCP` takes them */
  constructor(reactor: Reactor, options: ListenTCPOptions & { readonly tls: TLSServerOptions }) {
    this.#endpoint = new TCPServerEndpoint(reactor, options);
  }

  listen(factory: Factory): Promise<ListeningPort<InternetAddress>> {
    return this.#endpoint.listen(factory);
  }
}

/** Where a `TLSClientEndpoint` connects, and how. */
export interface TLSClientEndpointOptions extends HostnameEndpointOptions {
  /** `serverName`, the name that the certificate must have, is `host` unless told. */
  readonly tls?: TLSClientOptions;
}

/**
 * A name or IP address and a port to connect to, for a connection that is secured from its first
 * byte. Of a name all addresses are tried, as `HostnameEndpoint` does; the handshake is with the
 * one that connects first, and `timeoutMs` is for all of it.
 */
export class TLSClientEndpoint implements StreamClientEndpoint {
  readonly #endpoint: StreamClientEndpoint;

  /** @throws {InvalidAddressError} for a port that is none */
  constructor(reactor: Reactor, options: TLSClientEndpointOptions) {
    const { tls, ...connecting } = options;
    const { host, port, timeoutMs = DEFAULT_TIMEOUT_MS } = connecting;
    const inner = new HostnameEndpoint(reactor, connecting);
    const secured = wrapClientTLS(inner, { serverName: host, ...tls });
    const target = `tcp ${host}:${port}`;
    this.#endpoint = new TimedClientEndpoint(secured, { clock: reactor, timeoutMs, target });
  }

  connect<P extends Protocol>(factory: Factory<P>, options?: EndpointConnectOptions): Promise<P> {
    return this.#endpoint.connect(factory, options);
  }
}
