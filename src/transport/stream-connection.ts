import type { Address } from "../reactor/address.ts";
import type { Clock } from "../reactor/clock.ts";
import { ABORTED, type CloseReason, DONE, SendBufferFullError } from "../reactor/close-reason.ts";
import type { Logger } from "../reactor/logger.ts";
import type { Producer, PullProducer } from "../reactor/producer.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type {
  ConnectionCallbacks,
  StreamOptions,
  StreamStats,
  StreamTransport,
  WriteLimits,
} from "../reactor/stream-transport.ts";
import { CloseTimer, type CloseTimerOwner } from "./close-timer.ts";
import { outgoingBytes } from "./outgoing-bytes.ts";
import { ProtocolLink, type ProtocolLinkOwner } from "./protocol-link.ts";
import { ReceiveSide } from "./receive-side.ts";
import { SendSide, type SendSideOwner } from "./send-side.ts";
import type { StreamDriver, StreamEvents } from "./stream-driver.ts";
import { nextStreamState, type StreamState } from "./stream-state.ts";
import type { Turn, TurnParticipant } from "./turn.ts";

/** What the connections of one reactor share. */
export interface StreamContext {
  readonly turn: Turn;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Whoever made a connection and counts it. */
export interface ConnectionOwner {
  /** Called once, after `connectionLost`. */
  connectionEnded(connection: StreamConnection): void;
}

/**
 * The stream transport: one connection's life from `connectionMade` to `connectionLost`, over any
 * driver. It owns the order of things: how a close proceeds, when it is reported, and which reason
 * is given. The sending half, the receiving half and the calls to the protocol have their own files.
 */
export class StreamConnection
  implements
    StreamTransport,
    StreamEvents,
    SendSideOwner,
    ProtocolLinkOwner,
    CloseTimerOwner,
    TurnParticipant
{
  readonly #driver: StreamDriver;
  readonly #context: StreamContext;
  readonly #owner: ConnectionOwner;
  readonly #link: ProtocolLink;
  readonly #sending: SendSide;
  readonly #receiving: ReceiveSide;
  readonly #closeTimer: CloseTimer;
  #state: StreamState = "open";
  #reason: CloseReason = DONE;
  /** The first sign that the connection is broken; it decides the reason once the socket is gone. */
  #fault: Error | null = null;
  #awaitsTurnEnd = false;
  #reportsWriteEnd = false;

  constructor(
    driver: StreamDriver,
    context: StreamContext,
    owner: ConnectionOwner,
    options: StreamOptions = {},
  ) {
    this.#driver = driver;
    this.#context = context;
    this.#owner = owner;
    this.#link = new ProtocolLink(this, context.logger);
    this.#sending = new SendSide(driver, this, context.turn, options);
    this.#receiving = new ReceiveSide(driver, context.turn, this.#link, this.#sending);
    this.#closeTimer = new CloseTimer(context.clock, this, options.closeTimeoutMs);
  }

  /** The protocol it serves now; null before `start`. */
  get protocol(): ConnectionCallbacks | null {
    return this.#link.protocol;
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Gives the connection its protocol, which gets `connectionMade`. Called by the owner. */
  start(protocol: ConnectionCallbacks): void {
    this.#context.turn.enter();
    this.#link.make(protocol, this);
    this.#context.turn.leave();
  }

  /** Tells the protocol that its port is being drained. Called by the owner. */
  tellDraining(): void {
    this.#context.turn.enter();
    if (this.#isConnected) this.#link.tell("draining");
    this.#context.turn.leave();
  }

  // What the protocol asks for.

  write(data: Uint8Array | string): boolean {
    const bytes = outgoingBytes(data);
    if (!this.#acceptsWrites) return false;
    if (bytes.length === 0) return !this.#sending.overHigh;
    return this.#sending.write(bytes);
  }

  writeSequence(chunks: Iterable<Uint8Array | string>): boolean {
    let writable = this.#acceptsWrites && !this.#sending.overHigh;
    for (const chunk of chunks) writable = this.write(chunk);
    return writable;
  }

  loseConnection(options: { readonly timeoutMs?: number } = {}): void {
    switch (this.#state) {
      case "open":
      case "read-ended":
      case "write-ending":
        this.#moveTo("closing");
        this.workAtTurnEnd("this");
        break;
      case "write-ended":
        this.#moveTo("lingering");
        break;
      default:
        if (options.timeoutMs !== undefined && this.#isConnected) {
          this.#closeTimer.start(options.timeoutMs);
        }
        return;
    }
    this.#closeTimer.start(options.timeoutMs);
    this.#receiving.discard();
    this.workAtTurnEnd("this");
  }

  abortConnection(): void {
    if (!this.#isConnected) return;
    this.#end(ABORTED);
    this.#driver.terminate();
  }

  loseWriteConnection(): void {
    if (this.#state === "open") this.#moveTo("write-ending");
    else if (this.#state === "read-ended") this.loseConnection();
    else return;
    this.#reportsWriteEnd = true;
    this.workAtTurnEnd("this");
  }

  pauseProducing(): void {
    if (this.#isConnected) this.#receiving.hold("protocol");
  }

  resumeProducing(): void {
    if (this.#receiving.release("protocol")) this.workAtTurnEnd("this");
  }

  stopProducing(): void {
    this.loseConnection();
  }

  registerProducer(producer: Producer | PullProducer, streaming: boolean): void {
    if (this.#acceptsWrites) this.#sending.registerProducer(producer, streaming);
    else producer.stopProducing();
  }

  unregisterProducer(): void {
    this.#sending.unregisterProducer();
  }

  getPeer(): Address {
    return this.#driver.peer;
  }

  getHost(): Address {
    return this.#driver.host;
  }

  get bufferedAmount(): number {
    return this.#sending.waitingBytes;
  }

  setWriteLimits(limits: Partial<WriteLimits>): void {
    this.#sending.setLimits(limits);
  }

  drained(): Promise<void> {
    return this.#sending.drained(this.#isConnected ? null : this.#reason);
  }

  setNoDelay(on: boolean): void {
    if (this.#isConnected) this.#driver.setNoDelay(on);
  }

  setKeepAlive(on: boolean, delayMs = 0): void {
    if (this.#isConnected) this.#driver.setKeepAlive(on, delayMs);
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
    const { bytesSent, sends, shortSends } = this.#sending;
    return { bytesReceived: this.#receiving.bytesReceived, bytesSent, sends, shortSends };
  }

  switchProtocol(next: ConnectionCallbacks, leftover?: Buffer): void {
    if (!this.#isConnected) return;
    this.start(next);
    if (leftover !== undefined && leftover.length > 0) this.#receiving.deliver(leftover);
  }

  // What the driver reports.

  received(data: Buffer): void {
    this.#receiving.received(data);
  }

  writable(): void {
    this.#context.turn.enter();
    this.#sending.writable();
    this.#endWritingIfDue();
    this.#context.turn.leave();
  }

  readEnded(): void {
    this.#context.turn.enter();
    const aware = this.#link.has("readConnectionLost");
    if (aware && this.#state === "open") {
      this.#moveTo("read-ended");
      this.#link.tell("readConnectionLost");
    } else {
      if (this.#state === "write-ending") this.#link.tell("readConnectionLost");
      this.loseConnection();
    }
    this.#context.turn.leave();
  }

  failed(error: Error): void {
    this.#fault ??= error;
  }

  closed(error?: Error): void {
    if (!this.#isConnected) return;
    this.#context.turn.enter();
    if (this.#receiving.release("answers")) this.workAtTurnEnd("this");
    if (!this.#receiving.keepEnd(error)) this.#socketEnded(error);
    this.#context.turn.leave();
  }

  // What the halves report.

  workAtTurnEnd(when: "this" | "next"): void {
    if (this.#awaitsTurnEnd) return;
    this.#awaitsTurnEnd = true;
    if (when === "this") this.#context.turn.add(this);
    else this.#context.turn.addToNext(this);
  }

  writingPaused(): void {
    this.#link.tell("pauseWriting");
  }

  writingResumed(): void {
    if (this.#receiving.release("answers")) this.workAtTurnEnd("this");
    this.#link.tell("resumeWriting");
  }

  sendFailed(): void {
    this.#fault ??= new Error(`Send to ${this.#driver.peer} failed: the connection is broken`);
    // The driver reports the end of the socket by itself, after what the peer had sent before it.
    this.#closeTimer.start();
  }

  sendOverflowed(waitingBytes: number, maxBytes: number): void {
    this.#breakOff(
      new SendBufferFullError(
        `${this.#driver.peer} reads too slowly: ${waitingBytes} bytes wait, at most ${maxBytes} may`,
      ),
    );
  }

  protocolFailed(error: unknown): void {
    const name = this.protocol?.constructor.name;
    this.#context.logger.error(
      `${name} failed; its connection to ${this.#driver.peer} ends`,
      error,
    );
    this.#breakOff(error instanceof Error ? error : new Error(String(error), { cause: error }));
  }

  get progress(): number {
    return this.#sending.bytesSent;
  }

  get waitsForPeer(): boolean {
    const waitsForProducer = this.#state === "closing" && this.#sending.waitingBytes === 0;
    return !waitsForProducer || this.#fault !== null;
  }

  closeTimedOut(): void {
    if (this.#fault === null) this.abortConnection();
    else this.#breakOff(this.#fault);
  }

  turnEnded(): void {
    this.#awaitsTurnEnd = false;
    if (this.#state === "disconnected") return;
    if (this.#state === "closed") return this.#disconnect();
    this.#sending.flush();
    this.#endWritingIfDue();
    const end = this.#receiving.deliverKept();
    if (end !== null) this.#socketEnded(end.error);
  }

  /** Whether the protocol has not been, and is not about to be, told of the end. */
  get #isConnected(): boolean {
    return this.#state !== "closed" && this.#state !== "disconnected";
  }

  get #acceptsWrites(): boolean {
    switch (this.#state) {
      case "open":
      case "read-ended":
        return true;
      case "write-ending":
      case "closing":
        return this.#sending.hasProducer;
      default:
        return false;
    }
  }

  /** Sends our end of stream once all before it has left. */
  #endWritingIfDue(): void {
    if (this.#state !== "closing" && this.#state !== "write-ending") return;
    if (!this.#sending.idle || this.#fault !== null) return;
    // The state first: where the peer has finished too, the socket closes inside `shutdown`.
    if (this.#state === "closing") {
      this.#moveTo("lingering");
      this.#closeTimer.start();
    } else {
      this.#moveTo("write-ended");
    }
    this.#driver.shutdown();
    if (this.#reportsWriteEnd) this.#link.tell("writeConnectionLost");
    this.#reportsWriteEnd = false;
  }

  #socketEnded(error: Error | undefined): void {
    if (!this.#isConnected) return;
    const reason = this.#reasonOfEnd(error);
    if (reason === DONE && this.#state === "write-ended") this.#link.tell("readConnectionLost");
    this.#end(reason);
  }

  #reasonOfEnd(error: Error | undefined): CloseReason {
    const cause = error ?? this.#fault;
    if (cause !== null) return { kind: "lost", cause };
    const waiting = this.#sending.waitingBytes;
    if (waiting === 0) return DONE;
    const lost = new Error(`${this.#driver.peer} closed with ${waiting} bytes still to be sent`);
    return { kind: "lost", cause: lost };
  }

  /** Ends the connection with a fault of this side. */
  #breakOff(cause: Error): void {
    if (!this.#isConnected) return;
    this.#end({ kind: "lost", cause });
    this.#driver.terminate();
  }

  /** The socket is gone or is about to be; the protocol learns of it when the turn ends. */
  #end(reason: CloseReason): void {
    this.#reason = reason;
    this.#moveTo("closed");
    this.#closeTimer.stop();
    this.#context.turn.add(this);
  }

  #disconnect(): void {
    this.#moveTo("disconnected");
    this.#sending.stop(this.#reason);
    this.#link.connectionLost(this.#reason);
    this.#owner.connectionEnded(this);
  }

  #moveTo(state: StreamState): void {
    this.#state = nextStreamState(this.#state, state);
  }
}
