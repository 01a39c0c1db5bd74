import type { Address } from "../reactor/address.ts";
import type { Producer, PullProducer } from "../reactor/producer.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type {
  ConnectionCallbacks,
  StreamOptions,
  StreamStats,
  StreamTransport,
  WriteLimits,
} from "../reactor/stream-transport.ts";
import type { StartTLSOptions, TLSInfo } from "../reactor/tls.ts";
import { ConnectionLife } from "./connection-life.ts";
import type { TransportContext } from "./transport-context.ts";
import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import type { StreamDriver, StreamEvents } from "./stream-driver.ts";
import type { StreamState } from "./stream-state.ts";

/** Whoever made a connection and counts it. */
export interface ConnectionOwner {
  /** Called once, after `connectionLost`. */
  connectionEnded(connection: StreamConnection): void;
}

/**
 * The stream transport, over any driver: what a protocol asks for on one side, what the driver
 * reports on the other. What follows from either is decided in `ConnectionLife` and its halves.
 */
export class StreamConnection implements StreamTransport, StreamEvents {
  readonly #driver: StreamDriver;
  readonly #context: TransportContext;
  readonly #owner: ConnectionOwner;
  readonly #life: ConnectionLife;
  #wasToldDraining = false;

  constructor(
    driver: StreamDriver,
    context: TransportContext,
    owner: ConnectionOwner,
    options: StreamOptions = {},
  ) {
    this.#driver = driver;
    this.#context = context;
    this.#owner = owner;
    this.#life = new ConnectionLife(driver, context, this, options);
  }

  /** The protocol it serves now; null before `start`. */
  get protocol(): ConnectionCallbacks | null {
    return this.#life.link.protocol;
  }

  get state(): StreamState {
    return this.#life.state;
  }

  /** Gives the connection its protocol, which gets `connectionMade`. Called by the owner. */
  start(protocol: ConnectionCallbacks): void {
    this.#context.turn.enter();
    this.#life.link.make(protocol, this);
    this.#context.turn.leave();
  }

  /** Tells the protocol that its port is being drained. Called by the owner. */
  tellDraining(): void {
    if (this.#wasToldDraining || !this.#life.connected) return;
    this.#wasToldDraining = true;
    this.#context.turn.enter();
    this.#life.link.tell("draining");
    this.#context.turn.leave();
  }

  /** Called by the life, when it is over. */
  lifeEnded(): void {
    this.#owner.connectionEnded(this);
  }

  // What the protocol asks for.

  write(data: Uint8Array | string): boolean {
    const bytes = outgoingBytes(data);
    const { sending, acceptsWrites } = this.#life;
    if (!acceptsWrites) return false;
    return bytes.length === 0 ? !sending.writers.paused : sending.write(bytes);
  }

  writeSequence(chunks: Iterable<Uint8Array | string>): boolean {
    let writable = this.#life.acceptsWrites && !this.#life.sending.writers.paused;
    for (const chunk of chunks) writable = this.write(chunk);
    return writable;
  }

  loseConnection(options: { readonly timeoutMs?: number } = {}): void {
    this.#life.lose(options.timeoutMs);
  }

  abortConnection(cause?: Error): void {
    if (cause === undefined) this.#life.abort();
    else this.#life.protocolFailed(cause);
  }

  get disconnecting(): boolean {
    return this.#life.disconnecting;
  }

  loseWriteConnection(): void {
    this.#life.loseWrite();
  }

  pauseProducing(): void {
    if (this.#life.connected) this.#life.receiving.hold("protocol");
  }

  resumeProducing(): void {
    if (this.#life.receiving.release("protocol")) this.#life.workAtTurnEnd("this");
  }

  stopProducing(): void {
    this.loseConnection();
  }

  registerProducer(producer: Producer | PullProducer, streaming: boolean): void {
    if (this.#life.acceptsWrites) this.#life.sending.registerProducer(producer, streaming);
    else producer.stopProducing();
  }

  unregisterProducer(): void {
    this.#life.sending.unregisterProducer();
  }

  getPeer(): Address {
    return this.#driver.peer;
  }

  getHost(): Address {
    return this.#driver.host;
  }

  get bufferedAmount(): number {
    return this.#life.sending.waitingBytes;
  }

  setWriteLimits(limits: Partial<WriteLimits>): void {
    this.#life.sending.setLimits(limits);
  }

  drained(): Promise<void> {
    const { sending, reason, acceptsWrites } = this.#life;
    return sending.writers.drained(reason, acceptsWrites);
  }

  setNoDelay(on: boolean): void {
    if (this.#life.connected) this.#driver.setNoDelay(on);
  }

  setKeepAlive(on: boolean, delayMs = 0): void {
    if (this.#life.connected) this.#driver.setKeepAlive(on, delayMs);
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.#driver.getSocketOption(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.#driver.setSocketOption(name, value);
  }

  get fileDescriptor(): number {
    return this.#driver.fileDescriptor;
  }

  get stats(): StreamStats {
    const { bytesSent, sends, shortSends } = this.#life.sending;
    return { bytesReceived: this.#life.receiving.bytesReceived, bytesSent, sends, shortSends };
  }

  startTLS(options: StartTLSOptions): Promise<void> {
    try {
      return this.#life.startTLS(this.#context.tls.prepare(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  get tlsInfo(): TLSInfo | null {
    return this.#life.tlsInfo;
  }

  switchProtocol(next: ConnectionCallbacks, leftover?: Buffer): void {
    if (!this.#life.connected) return;
    this.start(next);
    if (leftover !== undefined && leftover.length > 0) this.#life.deliverLeftover(leftover);
  }

  // What the driver reports.

  received(data: Buffer): void {
    this.#life.receiving.received(data);
  }

  writable(): void {
    this.#context.turn.enter();
    this.#life.writable();
    this.#context.turn.leave();
  }

  readEnded(): void {
    this.#context.turn.enter();
    this.#life.readEnded();
    this.#context.turn.leave();
  }

  handshakeCompleted(info: TLSInfo): void {
    this.#context.turn.enter();
    this.#life.handshakeCompleted(info);
    this.#context.turn.leave();
  }

  failed(error: Error): void {
    this.#life.failed(error);
  }

  closed(error?: Error): void {
    // Also comes inside `abortConnection`, where the protocol must not be told anything.
    if (!this.#life.connected) return;
    this.#context.turn.enter();
    this.#life.socketClosed(error);
    this.#context.turn.leave();
  }
}
