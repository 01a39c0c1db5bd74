import type { Address } from "../reactor/address.ts";
import { checkDuration } from "../reactor/check-duration.ts";
import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
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
import { ReceivingConnection } from "./receiving-connection.ts";
import type { StreamDriver, StreamEvents } from "./stream-driver.ts";
import type { PreparedTLS } from "./tls-maker.ts";
import type { TransportContext } from "./transport-context.ts";

/** Whoever made a connection and counts it. */
export interface ConnectionOwner {
  /** It was secured, as `secure` asked, and waits for its protocol. Called once. */
  connectionSecured(connection: StreamConnection): void;
  /** Called once, after `connectionLost`. */
  connectionEnded(connection: StreamConnection): void;
}

/**
 * The stream transport, over any driver: what a protocol asks for on one side, what the driver
 * reports on the other. Every call of the driver is a turn; whatever is thrown inside, however it
 * came about, ends this connection and is nobody else's trouble.
 */
export class StreamConnection extends ReceivingConnection implements StreamTransport, StreamEvents {
  readonly #owner: ConnectionOwner;
  #wasToldDraining = false;

  constructor(
    driver: StreamDriver,
    context: TransportContext,
    owner: ConnectionOwner,
    options: StreamOptions = {},
  ) {
    super(driver, context, options);
    this.#owner = owner;
  }

  /** Secures the connection before it gets a protocol. Called by the owner, after attaching it. */
  secure(tls: PreparedTLS): void {
    const { turn } = this.context;
    const outer = turn.enter();
    try {
      this.secureFirst(tls);
    } finally {
      turn.leave(outer);
    }
  }

  /**
   * Gives the connection its protocol, which gets `connectionMade`, and then `handshakeCompleted`
   * where it was secured. Called by the owner.
   */
  start(protocol: ConnectionCallbacks): void {
    const { turn } = this.context;
    const outer = turn.enter();
    try {
      this.make(protocol, this);
      const info = this.tlsInfo;
      if (info !== null && this.state.delivers) this.tellHandshakeCompleted(info);
    } catch (error) {
      this.protocolFailed(error);
    } finally {
      turn.leave(outer);
    }
  }

  /** Closes the connection, which has no protocol and gets none. Called by the owner. */
  refuse(): void {
    this.closeUnserved();
  }

  /** Tells the protocol that its port is being drained. Called by the owner. */
  tellDraining(): void {
    if (this.#wasToldDraining || !this.state.connected) return;
    this.#wasToldDraining = true;
    const { turn } = this.context;
    const outer = turn.enter();
    try {
      this.tell("draining");
    } finally {
      turn.leaveUntold(outer);
    }
  }

  protected override madeSecure(): void {
    this.#owner.connectionSecured(this);
  }

  protected override lifeEnded(): void {
    this.#owner.connectionEnded(this);
  }

  // What the protocol asks for.

  write(data: Uint8Array | string): boolean {
    const bytes = outgoingBytes(data);
    if (!this.acceptsWrites) return false;
    return bytes.length === 0 ? !this.outbox.paused : this.outbox.write(bytes);
  }

  writeSequence(chunks: Iterable<Uint8Array | string>): boolean {
    // All are looked at before the first is taken: a sequence goes as a whole or not at all.
    const all: Uint8Array[] = [];
    for (const chunk of chunks) {
      const bytes = outgoingBytes(chunk);
      if (bytes.length > 0) all.push(bytes);
    }
    if (!this.acceptsWrites) return false;
    return all.length === 0 ? !this.outbox.paused : this.outbox.writeAll(all);
  }

  loseConnection(options: { readonly timeoutMs?: number } = {}): void {
    const { timeoutMs } = options;
    if (timeoutMs !== undefined) checkDuration("timeoutMs", timeoutMs);
    this.lose(timeoutMs);
  }

  abortConnection(cause?: Error): void {
    if (cause === undefined) this.abort();
    else this.protocolFailed(cause);
  }

  get disconnecting(): boolean {
    return !this.state.delivers;
  }

  loseWriteConnection(): void {
    this.loseWrite();
  }

  pauseProducing(): void {
    this.holdReading("protocol");
  }

  resumeProducing(): void {
    this.releaseReading("protocol");
  }

  stopProducing(): void {
    this.loseConnection();
  }

  registerProducer(producer: Producer | PullProducer, streaming: boolean): void {
    if (this.acceptsWrites) this.outbox.registerProducer(producer, streaming);
    else producer.stopProducing();
  }

  unregisterProducer(): void {
    this.outbox.unregisterProducer();
  }

  getPeer(): Address {
    return this.driver.peer;
  }

  getHost(): Address {
    return this.driver.host;
  }

  get bufferedAmount(): number {
    return this.outbox.waitingBytes;
  }

  setWriteLimits(limits: Partial<WriteLimits>): void {
    this.outbox.setLimits(limits);
  }

  drained(): Promise<void> {
    return this.outbox.writers.drained(this.reason, this.acceptsWrites);
  }

  setNoDelay(on: boolean): void {
    if (this.state.connected) this.driver.setNoDelay(on);
  }

  setKeepAlive(on: boolean, delayMs = 0): void {
    if (this.state.connected) this.driver.setKeepAlive(on, delayMs);
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.driver.getSocketOption(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.driver.setSocketOption(name, value);
  }

  get fileDescriptor(): number {
    return this.driver.fileDescriptor;
  }

  get stats(): StreamStats {
    const { bytesSent, sends, shortSends } = this.outbox;
    return { bytesReceived: this.bytesReceived, bytesSent, sends, shortSends };
  }

  startTLS(options: StartTLSOptions): Promise<void> {
    const { turn, tls } = this.context;
    const outer = turn.enter();
    try {
      return this.startUpgrade(tls.prepare(options));
    } catch (error) {
      return Promise.reject(error);
    } finally {
      turn.leaveUntold(outer);
    }
  }

  switchProtocol(next: ConnectionCallbacks, leftover?: Buffer): void {
    if (!this.state.connected) return;
    const { turn } = this.context;
    const outer = turn.enter();
    try {
      if (leftover !== undefined) this.takeBack(leftover);
      if (this.state.connected) this.make(next, this);
    } finally {
      turn.leaveUntold(outer);
    }
  }

  // What the driver reports.

  received(data: Buffer): void {
    const { turn } = this.context;
    const outer = turn.enter();
    try {
      this.takeIn(data);
    } catch (error) {
      this.protocolFailed(error);
    } finally {
      turn.leave(outer);
    }
  }

  writable(): void {
    const { turn } = this.context;
    const outer = turn.enter();
    try {
      this.sendOn();
    } catch (error) {
      this.protocolFailed(error);
    } finally {
      turn.leave(outer);
    }
  }

  readEnded(): void {
    const { turn } = this.context;
    const outer = turn.enter();
    try {
      this.peerEnds();
    } catch (error) {
      this.protocolFailed(error);
    } finally {
      turn.leave(outer);
    }
  }

  handshakeCompleted(info: TLSInfo): void {
    const { turn } = this.context;
    const outer = turn.enter();
    try {
      this.handshakeDone(info);
    } catch (error) {
      this.protocolFailed(error);
    } finally {
      turn.leave(outer);
    }
  }

  closed(error?: Error): void {
    // Also comes inside `abortConnection`, where the protocol must not be told anything.
    if (!this.state.connected) return;
    const { turn } = this.context;
    const outer = turn.enter();
    try {
      this.socketClosed(error);
    } catch (failure) {
      this.protocolFailed(failure);
    } finally {
      turn.leave(outer);
    }
  }
}
