import type { Address } from "../reactor/address.ts";
import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import type { Producer, PullProducer } from "../reactor/producer.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type {
  ConnectionCallbacks,
  StreamStats,
  StreamTransport,
  WriteLimits,
} from "../reactor/stream-transport.ts";
import type { StartTLSOptions, TLSInfo } from "../reactor/tls.ts";

/** The transport of a connection as another one shows it: everything is passed on. */
export abstract class ForwardingTransport implements StreamTransport {
  declare protected transport: StreamTransport;

  write(data: Uint8Array | string): boolean {
    return this.transport.write(data);
  }

  /** Through `write`, chunk by chunk, so that a policy on writing sees it. */
  writeSequence(chunks: Iterable<Uint8Array | string>): boolean {
    let writable = true;
    // All are looked at before the first is taken: a sequence goes as a whole or not at all.
    for (const bytes of Array.from(chunks, outgoingBytes)) writable = this.write(bytes);
    return writable;
  }

  loseConnection(options?: { readonly timeoutMs?: number }): void {
    this.transport.loseConnection(options);
  }

  abortConnection(cause?: Error): void {
    this.transport.abortConnection(cause);
  }

  loseWriteConnection(): void {
    this.transport.loseWriteConnection();
  }

  get disconnecting(): boolean {
    return this.transport.disconnecting;
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

  abstract switchProtocol(next: ConnectionCallbacks, leftover?: Buffer): void;
}
