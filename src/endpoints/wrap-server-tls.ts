import type { StreamServerEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort } from "../reactor/listening-port.ts";
import type { TLSServerOptions } from "../reactor/tls.ts";
import { checkTLSIdentity } from "./check-tls-identity.ts";
import { PortDecorator } from "./port-decorator.ts";
import { TLSGateFactory } from "./tls-gate.ts";

/**
 * An endpoint that listens through `endpoint` and secures each connection before its protocol is
 * made: `connectionMade` comes after a good handshake, and `handshakeCompleted` right after it. Of
 * a connection whose handshake fails nobody is told. Its ports can `reloadTLS`.
 *
 * @throws {TypeError} without a key or a certificate
 * @throws {TLSError} when they cannot be used
 */
export function wrapServerTLS(
  endpoint: StreamServerEndpoint,
  options: TLSServerOptions,
): StreamServerEndpoint {
  checkIdentities(options);
  return {
    async listen(factory: Factory): Promise<ListeningPort> {
      const current: CurrentTLS = { options };
      const gates = new TLSGateFactory(factory, () => ({ side: "server", ...current.options }));
      return new TLSWrappingPort(await endpoint.listen(gates), current);
    },
  };
}

/** What connections that come from now on are secured with. */
interface CurrentTLS {
  options: TLSServerOptions;
}

class TLSWrappingPort extends PortDecorator {
  readonly #current: CurrentTLS;

  constructor(port: ListeningPort, current: CurrentTLS) {
    super(port);
    this.#current = current;
  }

  override reloadTLS(options: TLSServerOptions): void {
    checkIdentities(options);
    this.#current.options = options;
  }
}

/** Now, because an operator should not learn from the first client that a key is of no use. */
function checkIdentities(options: TLSServerOptions): void {
  checkTLSIdentity("a TLS server", options);
  for (const [name, identity] of Object.entries(options.serverNames ?? {})) {
    checkTLSIdentity(`a TLS server called ${name}`, identity);
  }
}
