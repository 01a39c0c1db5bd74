import { type ProxyProtocolPolicy, withProxyProtocol } from "../policies/with-proxy-protocol.ts";
import type { StreamServerEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort } from "../reactor/listening-port.ts";

/**
 * An endpoint that listens through `endpoint`, behind a proxy that says in a PROXY header whom it
 * speaks for: the protocols are made, and their `getPeer` answers, as if that client had connected
 * itself. It is what `haproxy:` stands for in endpoint strings. Where `endpoint` secures its
 * connections, the header is expected inside of TLS.
 *
 * @throws {RangeError} as a rejection of `listen`, for a `timeoutMs` that is none
 * @throws {InvalidAddressError} as a rejection of `listen`, for an entry of `trusted` that is none
 */
export function wrapServerProxyProtocol(
  endpoint: StreamServerEndpoint,
  policy: ProxyProtocolPolicy,
): StreamServerEndpoint {
  return {
    async listen(factory: Factory): Promise<ListeningPort> {
      return endpoint.listen(withProxyProtocol(factory, policy));
    },
  };
}
