import type { Address } from "../reactor/address.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { Producer, PullProducer } from "../reactor/producer.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type {
  ConnectionCallbacks,
  StreamStats,
  StreamTransport,
  WriteLimits,
} from "../reactor/stream-transport.ts";
import type { StartTLSOptions, TLSInfo } from "../reactor/tls.ts";

/**
 * Stands between a connection and a protocol: what the connection calls, and the transport of the
 * inner protocol. It passes everything on; subclass it and override what the policy is about, in
 * either direction. An error thrown by the inner protocol goes on to the connection, which ends.
 *
 * It has those of the optional callbacks that the inner protocol has, because having one means
 * something: a wrapper of a protocol that is not half-close aware is not either.
 */
export class ProtocolWrapper implements ConnectionCallbacks, StreamTransport {
  declare protected transport: StreamTransport;
  #inner: ConnectionCallbacks;
  declare readConnectionLost?: () => void;
  declare writeConnectionLost?: () => void;
  declare pauseWriting?: () => void;
  declare resumeWriting?: () => void;
  declare draining?: () => void;
  declare handshakeCompleted?: (info: TLSInfo) => void;

  constructor(inner: ConnectionCallbacks) {
    this.#inner = inner;
    this.mirrorOptionalCallbacks();
  }

  /** The protocol, or the next wrapper, inside of this one. */
  protected get inner(): ConnectionCallbacks {
    return this.#inner;
  }

  // What the connection calls.

  makeConnection(transport: StreamTransport): void {
    this.transport = transport;
    return this.#inner.makeConnection(this);
  }

  dataReceived(data: Buffer): void {
    return this.#inner.dataReceived(data);
  }

  connectionLost(reason: CloseReason): void {
    return this.#inner.connectionLost(reason);
  }

  // What the inner protocol calls.

  write(data: Uint8Array | string): boolean {
    return this.transport.write(data);
  }

  /** Through `write`, chunk by chunk, so that a policy on writing sees it. */
  writeSequence(chunks: Iterable<Uint8Array | string>): boolean {
    let writable = true;
    for (const chunk of chunks) writable = this.write(chunk);
    return writable;
  }

  loseConnection(options?: { readonly timeoutMs?: number }): void {
    this.transport.loseConnection(options);
  }

  abortConnection(): void {
    this.transport.abortConnection();
  }

  loseWriteConnection(): void {
    this.transport.loseWriteConnection();
  }

  pauseProducing(): void {
    this.transport.pauseProducing();
  }

  resumeProducing(): void {
    this.transport.resumeProducing();
  }

  stopProducing(): void {
    this.loseConnection();
  }

  registerProducer(producer: Producer | PullProducer, streaming: boolean): void {
    if (streaming) this.transport.registerProducer(producer as Producer, true);
    else this.transport.registerProducer(producer, false);
  }

  unregisterProducer(): void {
    this.transport.unregisterProducer();
  }

  getPeer(): Address {
    return this.transport.getPeer();
  }

  getHost(): Address {
    return this.transport.getHost();
  }

  get bufferedAmount(): number {
    return this.transport.bufferedAmount;
  }

  setWriteLimits(limits: Partial<WriteLimits>): void {
    this.transport.setWriteLimits(limits);
  }

  drained(): Promise<void> {
    return this.transport.drained();
  }

  setNoDelay(on: boolean): void {
    this.transport.setNoDelay(on);
  }

  setKeepAlive(on: boolean, delayMs?: number): void {
    this.transport.setKeepAlive(on, delayMs);
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.transport.getSocketOption(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.transport.setSocketOption(name, value);
  }

  get fileDescriptor(): number {
    return this.transport.fileDescriptor;
  }

  get stats(): StreamStats {
    return this.transport.stats;
  }

  startTLS(options: StartTLSOptions): Promise<void> {
    return this.transport.startTLS(options);
  }

  get tlsInfo(): TLSInfo | null {
    return this.transport.tlsInfo;
  }

  /** The policy stays: only what is inside of it changes. */
  switchProtocol(next: ConnectionCallbacks, leftover?: Buffer): void {
    this.#inner = next;
    this.mirrorOptionalCallbacks();
    next.makeConnection(this);
    if (leftover !== undefined && leftover.length > 0) next.dataReceived(leftover);
  }

  /**
   * Takes on the optional callbacks that the inner protocol has. Called when there is another one;
   * override it to have callbacks whatever the inner protocol has.
   */
  protected mirrorOptionalCallbacks(): void {
    const inner = this.#inner;
    if (inner.readConnectionLost) this.readConnectionLost = () => inner.readConnectionLost?.();
    else delete this.readConnectionLost;
    if (inner.writeConnectionLost) this.writeConnectionLost = () => inner.writeConnectionLost?.();
    else delete this.writeConnectionLost;
    if (inner.pauseWriting) this.pauseWriting = () => inner.pauseWriting?.();
    else delete this.pauseWriting;
    if (inner.resumeWriting) this.resumeWriting = () => inner.resumeWriting?.();
    else delete this.resumeWriting;
    if (inner.draining) this.draining = () => inner.draining?.();
    else delete this.draining;
    if (inner.handshakeCompleted) {
      this.handshakeCompleted = (info) => inner.handshakeCompleted?.(info);
    } else {
      delete this.handshakeCompleted;
    }
  }
}
