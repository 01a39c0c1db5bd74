import type { EndpointConnectOptions, StreamClientEndpoint } from "../reactor/endpoint.ts";
import { Factory } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";

/**
 * Connects one protocol that is there already, where a factory would be of no use.
 *
 * @returns `protocol`, after its `connectionMade`
 * @throws {ConnectError} as a rejection, one of its subclasses, by cause
 */
export function connectProtocol<P extends Protocol>(
  endpoint: StreamClientEndpoint,
  protocol: P,
  options: EndpointConnectOptions = {},
): Promise<P> {
  return endpoint.connect(new Factory(() => protocol), options);
}
