import type { Factory } from "./factory.ts";
import type { ListeningPort } from "./listening-port.ts";
import type { Protocol } from "./protocol.ts";

/** A place to listen at, apart from what is served there. */
export interface StreamServerEndpoint {
  /** Listens, and serves connections with protocols of `factory`. Rejects as `listenTCP` does. */
  listen(factory: Factory): Promise<ListeningPort>;
}

/** What every connect through an endpoint takes. */
export interface EndpointConnectOptions {
  /** Cancels the attempt. */
  readonly signal?: AbortSignal;
}

/** A place to connect to, apart from what is said there. */
export interface StreamClientEndpoint {
  /** Connects, and resolves with the protocol after its `connectionMade`. */
  connect<P extends Protocol>(factory: Factory<P>, options?: EndpointConnectOptions): Promise<P>;
}
