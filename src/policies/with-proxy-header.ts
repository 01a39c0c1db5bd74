import type { Address } from "../reactor/address.ts";
import { asError } from "../reactor/as-error.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectionCallbacks, StreamTransport } from "../reactor/stream-transport.ts";
import { ProtocolWrapper } from "./protocol-wrapper.ts";
import type { ProxyTLV } from "./proxy-header.ts";
import { encodeProxyV1 } from "./proxy-header-v1.ts";
import { encodeProxyV2 } from "./proxy-header-v2.ts";
import { WrappingFactory } from "./wrapping-factory.ts";

/** What to say in front of a connection. */
export interface ProxyHeaderOptions {
  readonly version: 1 | 2;
  /** The client that is spoken for; our own address unless told, null to name nobody. */
  readonly source?: Address | null;
  /** What that client connected to; the peer's address unless told, null to name nobody. */
  readonly destination?: Address | null;
  /** Only in version 2. One of type 3 asks for a checksum, which is computed. */
  readonly tlvs?: readonly ProxyTLV[];
}

/**
 * Has a client send a PROXY header before anything else. With TLS from the first byte it is sent
 * inside of TLS; a server that wants it in clear in front of that needs `startTLS` in the client.
 * A header that cannot be encoded ends the connection, with the error as its cause.
 *
 * @throws {RangeError} when `version` is neither 1 nor 2
 */
export function withProxyHeader<P extends Protocol>(
  factory: Factory<P>,
  options: ProxyHeaderOptions,
): Factory<P> {
  const { version } = options;
  if (version !== 1 && version !== 2) {
    throw new RangeError(`A PROXY header of version ${version} is unknown: 1 or 2 is possible`);
  }
  return new ProxyHeaderFactory(factory, options);
}

class ProxyHeaderFactory<P extends Protocol> extends WrappingFactory<P> {
  readonly #options: ProxyHeaderOptions;

  constructor(inner: Factory<P>, options: ProxyHeaderOptions) {
    super(inner);
    this.#options = options;
  }

  protected override wrap(inner: ConnectionCallbacks): ConnectionCallbacks {
    return new ProxyHeaderWrapper(inner, this.#options);
  }
}

class ProxyHeaderWrapper extends ProtocolWrapper {
  readonly #options: ProxyHeaderOptions;

  constructor(inner: ConnectionCallbacks, options: ProxyHeaderOptions) {
    super(inner);
    this.#options = options;
  }

  override makeConnection(transport: StreamTransport): void {
    try {
      transport.write(this.#encode(transport));
    } catch (error) {
      // The protocol is made all the same, to hear of the end.
      transport.abortConnection(asError(error));
    }
    return super.makeConnection(transport);
  }

  #encode(transport: StreamTransport): Buffer {
    const { version, tlvs = [] } = this.#options;
    const { source = transport.getHost(), destination = transport.getPeer() } = this.#options;
    const encode = version === 1 ? encodeProxyV1 : encodeProxyV2;
    return encode({ source, destination, tlvs });
  }
}
