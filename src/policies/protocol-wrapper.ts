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
import { unreadClearText } from "../reactor/unread-clear-text.ts";
import { forwardOptionalCallbacks, type OptionalCallback } from "./optional-callbacks.ts";

/**
 * Stands between a connection and a protocol: what the connection calls, and the transport of the
 * inner protocol. It passes everything on; subclass it and override what the policy is about, in
 * either direction. An error thrown by the inner protocol goes on to the connection, which ends.
 *
 * It has those of the optional callbacks that the inner protocol has, because having one means
 * something: a wrapper of a protocol that is not half-close aware is not either. A subclass that
 * has one as a method of its own has it always.
 */
export class ProtocolWrapper implements ConnectionCallbacks, StreamTransport {
  declare protected transport: StreamTransport;
  #inner: ConnectionCallbacks;
  #ended = false;
  /** Who wants reading to stop. */
  #heldByProtocol = false;
  #heldByPolicy = false;
  /** What came with `switchProtocol` and waits for the protocol to read. */
  #leftover: Buffer | null = null;

  static {
    const has = (wrapper: ProtocolWrapper, name: OptionalCallback) =>
      wrapper.#inner[name] !== undefined;
    forwardOptionalCallbacks(this.prototype, has, (wrapper, name) => {
      wrapper.passingOn(name);
      return wrapper.#inner;
    });
  }

  constructor(inner: ConnectionCallbacks) {
    this.#inner = inner;
  }

  /** The protocol, or the next wrapper, inside of this one. */
  protected get inner(): ConnectionCallbacks {
    return this.#inner;
  }

  /** The protocol inside of all wrappers. */
  get innermost(): ConnectionCallbacks {
    return this.#inner.innermost ?? this.#inner;
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
    this.#ended = true;
    this.#leftover = null;
    return this.#inner.connectionLost(reason);
  }

  readConnectionLost?(): void;
  writeConnectionLost?(): void;
  pauseWriting?(): void;
  resumeWriting?(): void;
  draining?(): void;
  tlsStarted?(): void;
  handshakeCompleted?(info: TLSInfo): void;

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

  abortConnection(cause?: Error): void {
    this.transport.abortConnection(cause);
  }

  loseWriteConnection(): void {
    this.transport.loseWriteConnection();
  }

  pauseProducing(): void {
    const held = this.#isReadingHeld;
    this.#heldByProtocol = true;
    if (!held) this.transport.pauseProducing();
  }

  resumeProducing(): void {
    this.#heldByProtocol = false;
    this.#deliverLeftover();
    if (!this.#isReadingHeld) this.transport.resumeProducing();
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
    const { length } = this.#leftover ?? "";
    if (length === 0) return this.transport.startTLS(options);
    const error = unreadClearText(length);
    this.#fail(error);
    return Promise.reject(error);
  }

  get tlsInfo(): TLSInfo | null {
    return this.transport.tlsInfo;
  }

  get disconnecting(): boolean {
    return this.#ended || this.transport.disconnecting;
  }

  /** The policy stays: only what is inside of it changes. */
  switchProtocol(next: ConnectionCallbacks, leftover?: Buffer): void {
    if (this.#ended) return;
    this.#inner = next;
    this.#leftover = leftover ?? null;
    this.call(() => next.makeConnection(this));
    this.#deliverLeftover();
  }

  // What is for subclasses.

  /** One of its optional callbacks is about to be passed on. Override it to see them. */
  protected passingOn(_name: OptionalCallback): void {}

  /**
   * Calls the inner protocol outside of the connection's own calls, such as in a timer: what it
   * throws, or rejects with, ends the connection with that error as the cause.
   */
  protected call(callback: () => unknown): void {
    try {
      const result = callback();
      if (result instanceof Promise) result.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Stops reading, whatever the inner protocol wants, until `releaseReading`. */
  protected holdReading(): void {
    const held = this.#isReadingHeld;
    this.#heldByPolicy = true;
    if (!held) this.transport.pauseProducing();
  }

  /** Reading goes on, unless the inner protocol has paused it. */
  protected releaseReading(): void {
    if (!this.#heldByPolicy) return;
    this.#heldByPolicy = false;
    if (!this.#isReadingHeld) this.transport.resumeProducing();
  }

  get #isReadingHeld(): boolean {
    return this.#heldByProtocol || this.#heldByPolicy;
  }

  /** Past the policy, which has seen these bytes before. */
  #deliverLeftover(): void {
    const leftover = this.#leftover;
    if (leftover === null || this.#heldByProtocol) return;
    this.#leftover = null;
    if (leftover.length === 0 || this.disconnecting) return;
    this.call(() => this.#inner.dataReceived(leftover));
  }

  #fail(error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error), { cause: error });
    this.transport.abortConnection(cause);
  }
}
