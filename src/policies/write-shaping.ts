import type { Clock } from "../reactor/clock.ts";
import { type CloseReason, SendBufferFullError } from "../reactor/close-reason.ts";
import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import type { Producer, PullProducer } from "../reactor/producer.ts";
import type { ConnectionCallbacks, WriteLimits } from "../reactor/stream-transport.ts";
import type { StartTLSOptions } from "../reactor/tls.ts";
import { changedWriteLimits, DEFAULT_WRITE_LIMITS } from "../reactor/write-limits.ts";
import { PacedQueue, type PacedQueueOwner } from "./paced-queue.ts";
import { ProtocolWrapper } from "./protocol-wrapper.ts";
import type { Pace } from "./shaping-rate.ts";

/**
 * Delays what is written to a given pace. What waits here is what the protocol sees waiting: the
 * water marks, its producer, `drained` and `bufferedAmount` are about it.
 *
 * As long as something waits, or the protocol has a producer, it is itself a pull producer of the
 * connection: so closing waits for it, whoever closes, and it goes on when the peer has taken what
 * was let go.
 */
export class WriteShaping extends ProtocolWrapper implements PacedQueueOwner {
  readonly #queue: PacedQueue;
  readonly #ownProducer: PullProducer = {
    resumeProducing: () => this.#peerHasTaken(),
    stopProducing: () => this.#peerHasGone(),
  };
  #registered = false;
  #writing: "open" | "ending" | "ended" = "open";
  #limits: WriteLimits = DEFAULT_WRITE_LIMITS;
  #overHigh = false;
  #producer: Producer | PullProducer | null = null;
  #streaming = false;
  #drained: PromiseWithResolvers<void> | null = null;
  #bytesWritten = 0;

  constructor(inner: ConnectionCallbacks, clock: Clock, pace: Pace) {
    super(inner);
    this.#queue = new PacedQueue(clock, pace, this);
  }

  override dataReceived(data: Buffer): void {
    const writtenBefore = this.#bytesWritten;
    const result = super.dataReceived(data);
    // As the transport does for protocols that do not mind the water marks themselves.
    const answersPileUp = this.#overHigh && this.#bytesWritten !== writtenBefore;
    if (answersPileUp && this.inner.pauseWriting === undefined) {
      this.holdReading();
      this.waitingChanged(this.#queue.waiting);
    }
    return result;
  }

  override write(data: Uint8Array | string): boolean {
    const bytes = outgoingBytes(data);
    // The connection has an end to tell; it knows how to refuse a write until then.
    if (this.#writing === "ended") return super.write(bytes);
    if (!this.#acceptsWrites) return false;
    if (bytes.length === 0) return !this.#overHigh;
    this.#bytesWritten += bytes.length;
    this.#queue.push(bytes);
    this.#registerIfNeeded();
    if (this.#queue.bytes <= this.#limits.high) return this.#acceptsWrites;
    this.#riseAboveHigh();
    return false;
  }

  override loseConnection(options?: { readonly timeoutMs?: number }): void {
    super.loseConnection(options);
    this.#endWriting();
  }

  override loseWriteConnection(): void {
    super.loseWriteConnection();
    this.#endWriting();
  }

  override abortConnection(cause?: Error): void {
    this.#writing = "ended";
    this.#queue.stop();
    super.abortConnection(cause);
  }

  override registerProducer(producer: Producer | PullProducer, streaming: boolean): void {
    if (this.#producer !== null) {
      throw new Error("Cannot register a producer: another one is registered");
    }
    if (!this.#acceptsWrites) return producer.stopProducing();
    this.#producer = producer;
    this.#streaming = streaming;
    if (streaming && this.#overHigh) this.#callProducer("pauseProducing");
    this.#registerIfNeeded();
  }

  override unregisterProducer(): void {
    this.#producer = null;
    if (this.#writing !== "ended") this.queueShrunk();
  }

  override get bufferedAmount(): number {
    return this.#queue.bytes + super.bufferedAmount;
  }

  override setWriteLimits(limits: Partial<WriteLimits>): void {
    this.#limits = changedWriteLimits(this.#limits, limits);
    // Nothing waits any more, but nobody may write again either.
    if (this.#writing === "ended") return;
    if (this.#queue.bytes > this.#limits.high) this.#riseAboveHigh();
    else this.queueShrunk();
  }

  override drained(): Promise<void> {
    if (this.#writing === "ended") return super.drained();
    if (!this.#overHigh && this.#acceptsWrites) return super.drained();
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  /** What waits must leave in clear, and before; it goes at once, and later writes pay for it. */
  override startTLS(options: StartTLSOptions): Promise<void> {
    this.#queue.releaseAll();
    return super.startTLS(options);
  }

  /**
   * The connection's own marks are about what was let go; the protocol hears of its own. Only after
   * the end, when nothing waits here any more, they are about what the protocol writes.
   */
  override pauseWriting(): void {
    if (this.#writing === "ended" && !this.#overHigh) this.#pauseWriters();
  }

  override resumeWriting(): void {
    if (this.#writing === "ended" && this.#overHigh) this.#resumeWriters();
  }

  override connectionLost(reason: CloseReason): void {
    this.#stop();
    return super.connectionLost(reason);
  }

  sendPiece(piece: Uint8Array): boolean {
    let isWritable = false;
    this.call(() => {
      isWritable = this.transport.write(piece);
    });
    return isWritable;
  }

  /** Who reads no further because of answers that wait for their time does not make them wait. */
  waitingChanged(waiting: boolean): void {
    this.holdUp("writing", waiting);
    this.holdUp("reading", waiting && this.holdsReading);
  }

  queueShrunk(): void {
    if (this.#overHigh && this.#queue.bytes <= this.#limits.low) this.#resumeWriters();
    if (!this.#registered || this.#queue.bytes > 0 || this.#producer !== null) return;
    this.#registered = false;
    this.transport.unregisterProducer();
  }

  get #acceptsWrites(): boolean {
    if (this.#writing === "ended") return false;
    if (this.#producer !== null) return true;
    return this.#writing === "open" && !this.disconnecting;
  }

  #registerIfNeeded(): void {
    if (this.#registered || (this.#queue.bytes === 0 && this.#producer === null)) return;
    this.#registered = true;
    this.transport.registerProducer(this.#ownProducer, false);
  }

  /** Nothing waits below: what is here may go on, and then the protocol's own pull producer. */
  #peerHasTaken(): void {
    this.#queue.unblock();
    if (this.#queue.bytes === 0 && !this.#streaming) this.#callProducer("resumeProducing");
  }

  /**
   * Where reading is paused the protocol hears of the end only when it reads on, which it may do
   * only when it may write: so it may.
   */
  #peerHasGone(): void {
    const isHeardOf = this.disconnecting;
    this.#stop();
    if (this.#overHigh && !isHeardOf) this.#resumeWriters();
  }

  #endWriting(): void {
    if (this.#writing === "open") this.#writing = "ending";
  }

  /** Nothing is sent any more; the protocol may hear of the end later, when it reads on. */
  #stop(): void {
    this.#writing = "ended";
    this.#registered = false;
    this.#queue.stop();
    this.#callProducer("stopProducing");
    this.#producer = null;
    // That rejects with the reason, which only the connection knows.
    this.#drained?.resolve(super.drained());
    this.#drained = null;
  }

  #riseAboveHigh(): void {
    const waiting = this.#queue.bytes;
    if (waiting > this.#limits.max) {
      const detail = `${waiting} bytes wait, of ${this.#limits.max} allowed`;
      this.abortConnection(new SendBufferFullError(`${this.getPeer()} is shaped: ${detail}`));
    } else if (!this.#overHigh) {
      this.#pauseWriters();
    }
  }

  #pauseWriters(): void {
    this.#overHigh = true;
    if (this.#streaming) this.#callProducer("pauseProducing");
    this.call(() => this.inner.pauseWriting?.());
  }

  #resumeWriters(): void {
    this.#overHigh = false;
    this.releaseReading();
    if (this.#streaming) this.#callProducer("resumeProducing");
    this.#drained?.resolve();
    this.#drained = null;
    this.call(() => this.inner.resumeWriting?.());
  }

  #callProducer(verb: "pauseProducing" | "resumeProducing" | "stopProducing"): void {
    const producer = this.#producer;
    if (producer === null) return;
    this.call(() => {
      if (verb !== "pauseProducing") return producer[verb]();
      return "pauseProducing" in producer ? producer.pauseProducing() : undefined;
    });
  }
}
