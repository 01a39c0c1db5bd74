import type { EndpointConnectOptions, StreamClientEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { TLSClientOptions } from "../reactor/tls.ts";
import { TLSGateFactory } from "./tls-gate.ts";

/**
 * An endpoint that connects through `endpoint` and secures the connection before its protocol is
 * made: `connectionMade` comes after a good handshake, and `handshakeCompleted` right after it.
 *
 * `connect` rejects with a `ConnectError` whose `cause` is the `TLSError` when the handshake fails,
 * and otherwise as that of `endpoint`.
 *
 * @param options `serverName` is the name that the certificate must have; unlike `connectTCP` this
 *   cannot know where `endpoint` leads, so it has to be there unless `verify` is false
 * @throws {TypeError} when it is not, or empty
 */
export function wrapClientTLS(
  endpoint: StreamClientEndpoint,
  options: TLSClientOptions,
): StreamClientEndpoint {
  return new TLSWrappingClientEndpoint(endpoint, options);
}

class TLSWrappingClientEndpoint implements StreamClientEndpoint {
  readonly #endpoint: StreamClientEndpoint;
  readonly #options: TLSClientOptions;

  constructor(endpoint: StreamClientEndpoint, options: TLSClientOptions) {
    if (!options.serverName && options.verify !== false) {
      throw new TypeError("Cannot verify a server without a serverName: say whom to expect");
    }
    this.#endpoint = endpoint;
    this.#options = options;
  }

  async connect<P extends Protocol>(
    factory: Factory<P>,
    options: EndpointConnectOptions = {},
  ): Promise<P> {
    const { signal } = options;
    const secured = Promise.withResolvers<P>();
    // A connect that fails before has nobody who waits for this.
    secured.promise.catch(() => undefined);
    const tls = () => ({ side: "client", ...this.#options }) as const;
    const gates = new TLSGateFactory<P>(factory, tls, secured);
    const gate = await this.#endpoint.connect(gates, options);
    const cancel = () => gate.cancel(signal?.reason);
    signal?.addEventListener("abort", cancel);
    try {
      if (signal?.aborted) cancel();
      return await secured.promise;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }
}
