import type { Clock, DelayedCall } from "../reactor/clock.ts";
import {
  type CloseReason,
  ConnectionClosedError,
  SendBufferFullError,
} from "../reactor/close-reason.ts";
import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import type { Producer, PullProducer } from "../reactor/producer.ts";
import type {
  ConnectionCallbacks,
  StreamTransport,
  WriteLimits,
} from "../reactor/stream-transport.ts";
import type { StartTLSOptions } from "../reactor/tls.ts";
import { changedWriteLimits, DEFAULT_WRITE_LIMITS } from "../reactor/write-limits.ts";
import { PacedQueue, type PacedQueueOwner } from "./paced-queue.ts";
import { ProtocolWrapper } from "./protocol-wrapper.ts";
import type { Pace } from "./shaping-rate.ts";

/** The transport's own close timeout, for the part of a close that waits here. */
const CLOSE_TIMEOUT_MS = 5_000;

/** How the connection is to end once what waits here has gone. */
type Ending = "none" | "write-end" | "close" | "ended";

/**
 * Delays what is written to a given pace. What waits here is what the protocol sees waiting: the
 * water marks, producers, `drained` and closing count it, as the transport's own queue.
 */
export class WriteShaping extends ProtocolWrapper implements PacedQueueOwner {
  readonly #clock: Clock;
  readonly #queue: PacedQueue;
  #closeTimer: DelayedCall | null = null;
  #limits: WriteLimits = DEFAULT_WRITE_LIMITS;
  #overHigh = false;
  #ending: Ending = "none";
  #closeOptions: { readonly timeoutMs?: number } | undefined;
  #overflow: Error | null = null;
  #producer: Producer | PullProducer | null = null;
  #streaming = false;
  #drained: PromiseWithResolvers<void> | null = null;
  #bytesWritten = 0;
  #heldByAnswers = false;
  #heldByProtocol = false;

  constructor(inner: ConnectionCallbacks, clock: Clock, pace: Pace) {
    super(inner);
    this.#clock = clock;
    this.#queue = new PacedQueue(clock, pace, this);
  }

  override makeConnection(transport: StreamTransport): void {
    this.transport = transport;
    return this.inner.makeConnection(this);
  }

  override dataReceived(data: Buffer): void {
    if (this.#ending === "close") return;
    const writtenBefore = this.#bytesWritten;
    const result = super.dataReceived(data);
    // As the transport does for protocols that do not mind the water marks themselves.
    const answersPileUp = this.#overHigh && this.#bytesWritten !== writtenBefore;
    if (answersPileUp && this.inner.pauseWriting === undefined) this.#hold("answers", true);
    return result;
  }

  override write(data: Uint8Array | string): boolean {
    const bytes = outgoingBytes(data);
    if (!this.#acceptsWrites) return false;
    if (bytes.length === 0) return !this.#overHigh;
    this.#bytesWritten += bytes.length;
    this.#queue.push(bytes);
    if (this.#queue.bytes > this.#limits.high) this.#riseAboveHigh();
    return this.#queue.bytes <= this.#limits.high;
  }

  override loseConnection(options?: { readonly timeoutMs?: number }): void {
    if (this.#ending === "ended") return super.loseConnection(options);
    this.#closeOptions = options;
    this.#endWith("close");
    if (this.#ending === "close" && this.#closeTimer === null) this.#watchClose();
  }

  override loseWriteConnection(): void {
    if (this.#ending === "none") this.#endWith("write-end");
  }

  override abortConnection(): void {
    this.#queue.stop();
    super.abortConnection();
  }

  override pauseProducing(): void {
    this.#hold("protocol", true);
  }

  override resumeProducing(): void {
    this.#hold("protocol", false);
  }

  override registerProducer(producer: Producer | PullProducer, streaming: boolean): void {
    if (this.#producer !== null) {
      throw new Error("Cannot register a producer: another one is registered");
    }
    if (!this.#acceptsWrites) return producer.stopProducing();
    this.#producer = producer;
    this.#streaming = streaming;
    if (!streaming) this.#pull();
    else if (this.#overHigh) (producer as Producer).pauseProducing();
  }

  override unregisterProducer(): void {
    this.#producer = null;
    this.#endIfDue();
  }

  override get bufferedAmount(): number {
    return this.#queue.bytes + super.bufferedAmount;
  }

  override setWriteLimits(limits: Partial<WriteLimits>): void {
    this.#limits = changedWriteLimits(this.#limits, limits);
    if (this.#queue.bytes > this.#limits.high) this.#riseAboveHigh();
    else this.queueShrunk(this.#queue.bytes);
  }

  override drained(): Promise<void> {
    if (!this.#overHigh) return super.drained();
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  /** What waits must leave in clear, and before; it goes at once, and later writes pay for it. */
  override startTLS(options: StartTLSOptions): Promise<void> {
    this.#queue.releaseAll();
    return super.startTLS(options);
  }

  override connectionLost(reason: CloseReason): void {
    this.#ending = "ended";
    this.#queue.stop();
    this.#closeTimer?.[Symbol.dispose]();
    const told =
      this.#overflow === null ? reason : { kind: "lost" as const, cause: this.#overflow };
    this.#drained?.reject(new ConnectionClosedError(told));
    this.#drained = null;
    this.#producer?.stopProducing();
    this.#producer = null;
    return super.connectionLost(told);
  }

  /**
   * The transport's marks are about its own queue; the protocol hears of this one's. And the peer's
   * end of stream must not close the transport while something waits here.
   */
  protected override mirrorOptionalCallbacks(): void {
    super.mirrorOptionalCallbacks();
    const { inner } = this;
    this.pauseWriting = () => undefined;
    this.resumeWriting = () => this.#queue.unblock();
    this.readConnectionLost = () => {
      if (inner.readConnectionLost === undefined) this.loseConnection();
      else inner.readConnectionLost();
    };
  }

  sendPiece(piece: Uint8Array): boolean {
    return this.transport.write(piece);
  }

  queueShrunk(waitingBytes: number): void {
    if (this.#overHigh && waitingBytes <= this.#limits.low) this.#fallBelowLow();
    if (waitingBytes === 0 && !this.#streaming) this.#pull();
    this.#endIfDue();
  }

  get #acceptsWrites(): boolean {
    return this.#ending === "none" || (this.#ending !== "ended" && this.#producer !== null);
  }

  #riseAboveHigh(): void {
    const waiting = this.#queue.bytes;
    if (waiting > this.#limits.max) {
      const detail = `${waiting} bytes wait, of ${this.#limits.max} allowed`;
      this.#overflow = new SendBufferFullError(`${this.getPeer()} is shaped: ${detail}`);
      this.abortConnection();
    } else if (!this.#overHigh) {
      this.#overHigh = true;
      if (this.#streaming) (this.#producer as Producer | null)?.pauseProducing();
      this.inner.pauseWriting?.();
    }
  }

  #fallBelowLow(): void {
    this.#overHigh = false;
    this.#hold("answers", false);
    if (this.#streaming) this.#producer?.resumeProducing();
    this.#drained?.resolve();
    this.#drained = null;
    this.inner.resumeWriting?.();
  }

  /** Asks a pull producer for its next piece. */
  #pull(): void {
    if (this.#queue.bytes === 0) this.#producer?.resumeProducing();
  }

  #endWith(ending: "write-end" | "close"): void {
    this.#ending = ending;
    this.#endIfDue();
  }

  #endIfDue(): void {
    if (this.#queue.bytes > 0 || this.#producer !== null) return;
    if (this.#ending === "close") super.loseConnection(this.#closeOptions);
    else if (this.#ending === "write-end") super.loseWriteConnection();
    else return;
    this.#ending = "ended";
  }

  /** As the transport does: a peer that takes nothing for so long is not waited for any more. */
  #watchClose(): void {
    const timeoutMs = this.#closeOptions?.timeoutMs ?? CLOSE_TIMEOUT_MS;
    const { bytesSent } = this.stats;
    this.#closeTimer = this.#clock.callLater(timeoutMs, () => {
      this.#closeTimer = null;
      if (this.#ending !== "close") return;
      if (this.#queue.blocked && this.stats.bytesSent === bytesSent) this.abortConnection();
      else this.#watchClose();
    });
  }

  /** Reading is paused as long as anybody wants it to be. */
  #hold(by: "answers" | "protocol", on: boolean): void {
    const heldBefore = this.#heldByAnswers || this.#heldByProtocol;
    if (by === "answers") this.#heldByAnswers = on;
    else this.#heldByProtocol = on;
    const held = this.#heldByAnswers || this.#heldByProtocol;
    if (held && !heldBefore) super.pauseProducing();
    else if (!held && heldBefore) super.resumeProducing();
  }
}
