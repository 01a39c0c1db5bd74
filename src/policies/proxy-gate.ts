import { type Address, InternetAddress, UNIXAddress } from "../reactor/address.ts";
import { asError } from "../reactor/as-error.ts";
import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { ProtocolStack } from "../reactor/factory.ts";
import { Protocol } from "../reactor/protocol.ts";
import type { ConnectionCallbacks, StreamTransport } from "../reactor/stream-transport.ts";
import type { TLSInfo } from "../reactor/tls.ts";
import { ProtocolWrapper } from "./protocol-wrapper.ts";
import type { ProxyHeader } from "./proxy-header.ts";
import { InvalidProxyHeader, ProxyHeaderTimeout } from "./proxy-header-error.ts";
import { ProxyHeaderParser } from "./proxy-header-parser.ts";
import { rememberProxyInfo } from "./proxy-info.ts";

/** How a gate goes about its connection. */
export interface ProxyGateOptions {
  readonly clock: Clock;
  /** How long the header may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether a connection without a header is closed. */
  readonly required: boolean;
  readonly headerRefused?: (error: InvalidProxyHeader, proxy: Address) => void;
}

/** Makes what serves a client; null refuses it. */
type ServeClient = (client: Address) => ProtocolStack<Protocol> | null;

/** The protocol of a connection until its PROXY header is complete. */
export class ProxyGate extends Protocol {
  readonly #peer: Address;
  readonly #serve: ServeClient;
  readonly #options: ProxyGateOptions;
  readonly #parser = new ProxyHeaderParser();
  #timeout: DelayedCall | null = null;
  #tlsInfo: TLSInfo | null = null;

  /**
   * @param peer the client, where there is no header that names another
   * @param serve makes the protocol that the connection is handed to
   */
  constructor(peer: Address, serve: ServeClient, options: ProxyGateOptions) {
    super();
    this.#peer = peer;
    this.#serve = serve;
    this.#options = options;
  }

  override connectionMade(): void {
    const { clock, timeoutMs } = this.#options;
    this.#timeout = clock.callLater(timeoutMs, () => this.#timedOut());
  }

  override dataReceived(data: Buffer): void {
    const header = this.#parse(data);
    if (header === null) return;
    const peer = header.source ?? copyOf(this.transport.getPeer());
    rememberProxyInfo(peer, header);
    this.#handOver({ peer, host: header.destination ?? this.transport.getHost() });
  }

  /** Who finishes without having sent anything sends no header either, and may want an answer. */
  override readConnectionLost(): void {
    if (!this.#parser.empty || this.#options.required) return this.transport.loseConnection();
    const inner = this.#handOver(null);
    // The end that has come is the inner protocol's, as the data behind a header is.
    if (inner?.readConnectionLost === undefined) this.transport.loseConnection();
    else return inner.readConnectionLost();
  }

  /** The inner protocol is told when there is one. */
  override handshakeCompleted(info: TLSInfo): void {
    this.#tlsInfo = info;
  }

  /** A connection without a protocol has nothing to finish. */
  override draining(): void {
    this.transport.abortConnection();
  }

  override connectionLost(_reason: CloseReason): void {
    this.#timeout?.[Symbol.dispose]();
  }

  #parse(data: Buffer): ProxyHeader | null {
    try {
      return this.#parser.feed(data);
    } catch (error) {
      if (!(error instanceof InvalidProxyHeader)) throw error;
      if (this.#parser.foreign && !this.#options.required) this.#handOver(null);
      else this.#refuse(error);
      return null;
    }
  }

  /** Nobody is at fault who would have to be reported: the peer may just have gone. */
  #timedOut(): void {
    const { timeoutMs, required, headerRefused } = this.#options;
    if (this.#parser.empty && !required) return this.#serveSilent();
    this.transport.abortConnection();
    const error = new ProxyHeaderTimeout(`PROXY header did not come within ${timeoutMs} ms`);
    headerRefused?.(error, this.transport.getPeer());
  }

  /** In a timer nobody else ends the connection when the inner factory fails. */
  #serveSilent(): void {
    try {
      this.#handOver(null);
    } catch (error) {
      this.transport.abortConnection(asError(error));
    }
  }

  #refuse(error: InvalidProxyHeader): void {
    this.#timeout?.[Symbol.dispose]();
    this.transport.abortConnection(error);
    this.#options.headerRefused?.(error, this.transport.getPeer());
  }

  /**
   * @param ends null for a connection that has no header
   * @returns what is called from now on; null when the inner factory refuses the connection
   */
  #handOver(ends: ProxiedEnds | null): ProtocolWrapper | null {
    this.#timeout?.[Symbol.dispose]();
    // While the port or the reactor stops nobody is served any more.
    const stack = this.transport.disconnecting ? null : this.#serve(ends?.peer ?? this.#peer);
    if (stack === null) {
      this.transport.loseConnection();
      return null;
    }
    const connection = new ProxiedConnection(stack.outermost, ends, this.#tlsInfo);
    this.transport.switchProtocol(connection, this.#parser.takeRest());
    return connection;
  }
}

/** What a proxied connection says of its ends. */
interface ProxiedEnds {
  readonly peer: Address;
  readonly host: Address;
}

/** Shows the ends that the header names, where there was one. */
class ProxiedConnection extends ProtocolWrapper {
  readonly #ends: ProxiedEnds | null;
  readonly #tlsInfo: TLSInfo | null;

  constructor(inner: ConnectionCallbacks, ends: ProxiedEnds | null, tlsInfo: TLSInfo | null) {
    super(inner);
    this.#ends = ends;
    this.#tlsInfo = tlsInfo;
  }

  override makeConnection(transport: StreamTransport): void {
    const made: unknown = super.makeConnection(transport);
    if (this.#tlsInfo === null) return made as void;
    const completed: unknown = this.handshakeCompleted(this.#tlsInfo);
    // What either rejects with ends the connection, as for any callback.
    const isAsync = made instanceof Promise || completed instanceof Promise;
    return (isAsync ? Promise.all([made, completed]) : undefined) as void;
  }

  override getPeer(): Address {
    return this.#ends?.peer ?? super.getPeer();
  }

  override getHost(): Address {
    return this.#ends?.host ?? super.getHost();
  }
}

/** An address of this connection alone, by which its header can be found. */
function copyOf(address: Address): Address {
  if (address.kind === "unix") return new UNIXAddress(address.path);
  return new InternetAddress(address.kind, address.host, address.port);
}
