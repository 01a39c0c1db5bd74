import type { InternetAddress } from "../reactor/address.ts";
import type { StreamServerEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort } from "../reactor/listening-port.ts";
import type { ConnectTCPOptions, ListenTCPOptions, Reactor } from "../reactor/reactor.ts";
import type { TLSClientOptions, TLSServerOptions } from "../reactor/tls.ts";
import { TCPClientEndpoint, TCPServerEndpoint } from "./tcp-endpoints.ts";

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
export interface TLSClientEndpointOptions extends Omit<ConnectTCPOptions, "signal"> {
  /** `serverName`, the name that the certificate must have, is `host` by default. */
  readonly tls?: TLSClientOptions;
}

/**
 * A name or IP address and a port to connect to, for a connection that is secured from its first
 * byte. The handshake is with the address that connects first, and `timeoutMs` is for all of it.
 */
export class TLSClientEndpoint extends TCPClientEndpoint {
  /**
   * @param options as `connectTCP` takes them
   * @throws {InvalidAddressError} for a port that is none
   */
  constructor(reactor: Reactor, options: TLSClientEndpointOptions) {
    super(reactor, { tls: {}, ...options });
  }
}
