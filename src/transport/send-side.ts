import type { Producer, PullProducer } from "../reactor/producer.ts";
import { type CloseReason, ConnectionClosedError } from "../reactor/close-reason.ts";
import type { StreamOptions, WriteLimits } from "../reactor/stream-transport.ts";
import type { StreamDriver } from "./stream-driver.ts";
import type { Turn } from "./turn.ts";
import { changedWriteLimits, DEFAULT_WRITE_LIMITS } from "../reactor/write-limits.ts";
import { WriteQueue } from "./write-queue.ts";

/** What the sending half tells its connection. */
export interface SendSideOwner {
  /** There is something to do at the end of this turn, or of the next one. */
  workAtTurnEnd(when: "this" | "next"): void;
  /** More than the high-water mark waits. */
  writingPaused(): void;
  /** At most the low-water mark waits again. */
  writingResumed(): void;
  /** The kernel will never take another byte. */
  sendFailed(): void;
  /** More than the hard limit waits. */
  sendOverflowed(waitingBytes: number, maxBytes: number): void;
  /** All that was to leave before the hold has left. */
  sentBeforeHold(): void;
  /** A method of the producer threw, or returned a promise that rejected. */
  protocolFailed(error: unknown): void;
}

/**
 * How many pieces a pull producer is asked for in one turn. A producer that the kernel keeps up
 * with would otherwise never let anybody else run.
 */
const MAX_PULLS_PER_TURN = 16;

/**
 * The sending half of a connection: the queue, the water marks and the producer. It knows nothing
 * of closing; its owner asks `idle` before it sends the end of stream.
 */
export class SendSide {
  readonly #driver: StreamDriver;
  readonly #owner: SendSideOwner;
  readonly #queue: WriteQueue;
  readonly #immediate: boolean;
  #limits: WriteLimits;
  /**
   * `blocked`: the kernel took less than offered, so wait for `writable`. `held`: what was written
   * since `holdAfterWaiting` waits for `releaseHold`.
   */
  #flow: "ready" | "blocked" | "held" | "failed" = "ready";
  /** Bytes that still leave before the hold; null without one. */
  #bytesBeforeHold: number | null = null;
  #overHigh = false;
  #producer: Producer | PullProducer | null = null;
  #streaming = false;
  /** A pull producer is being asked: what it writes leaves when it returns. */
  #pulling = false;
  #drained: PromiseWithResolvers<void> | null = null;
  #stopped: CloseReason | null = null;
  /** Writers are being told to go on, though all they write is refused. */
  #releasing = false;
  bytesWritten = 0;
  bytesSent = 0;
  sends = 0;
  shortSends = 0;

  constructor(driver: StreamDriver, owner: SendSideOwner, turn: Turn, options: StreamOptions) {
    this.#driver = driver;
    this.#owner = owner;
    this.#queue = new WriteQueue(turn);
    this.#immediate = options.writeMode === "immediate";
    this.#limits = options.writeLimits ?? DEFAULT_WRITE_LIMITS;
  }

  get waitingBytes(): number {
    return this.#queue.bytes;
  }

  /** Whether more than the high-water mark waits, or did, and not yet less than the low one. */
  get overHigh(): boolean {
    return this.#overHigh;
  }

  /** Why nothing will ever be sent; null as long as something may. */
  get stopped(): CloseReason | null {
    return this.#stopped;
  }

  get hasProducer(): boolean {
    return this.#producer !== null;
  }

  /** Whether nothing waits and nothing more will come by itself. */
  get idle(): boolean {
    return this.#queue.bytes === 0 && this.#producer === null && this.#bytesBeforeHold === null;
  }

  /** Takes a chunk that is not empty. Returns false when its writer should stop. */
  write(chunk: Uint8Array): boolean {
    if (this.#flow === "failed") return this.#refuse();
    this.bytesWritten += chunk.length;
    if (this.#immediate && this.#flow === "ready" && this.#queue.bytes === 0) {
      const sent = this.#sendChunk(chunk);
      if (sent < 0) return this.#refuse();
      if (sent === chunk.length && this.#pulls) this.#workLater();
      if (sent === chunk.length) return true;
    } else {
      this.#queue.push(chunk);
      if (this.#flow === "ready" && this.#queue.bytes === chunk.length) this.#workLater();
    }
    return this.#queue.bytes <= this.#limits.high || this.#checkHigh();
  }

  /** The kernel may take more. */
  writable(): void {
    if (this.#flow !== "blocked") return;
    this.#flow = "ready";
    this.flush();
  }

  /** Sends what waits, as far as the kernel takes it, and lets a pull producer refill. */
  flush(): void {
    for (let pulls = 0; ; pulls++) {
      this.#sendQueue();
      if (this.#flow === "failed") return;
      if (this.#overHigh && this.#queue.bytes <= this.#limits.low) this.#resumeWriters();
      if (!this.#pulls || this.#queue.bytes > 0) return;
      if (this.#flow !== "ready") return;
      if (pulls === MAX_PULLS_PER_TURN) return this.#owner.workAtTurnEnd("next");
      const writtenBefore = this.bytesWritten;
      this.#pulling = true;
      this.#callProducer("resumeProducing");
      this.#pulling = false;
      // A producer that had nothing to write is asked again after its next piece has left.
      if (this.bytesWritten === writtenBefore) return;
    }
  }

  /** Lets only what waits now leave; `sentBeforeHold` follows, perhaps at once. */
  holdAfterWaiting(): void {
    this.#bytesBeforeHold = this.#queue.bytes;
    this.#sendQueue();
  }

  /** What was written since `holdAfterWaiting` may leave. */
  releaseHold(): void {
    this.#bytesBeforeHold = null;
    if (this.#flow !== "held") return;
    this.#flow = "ready";
    this.#owner.workAtTurnEnd("this");
  }

  setLimits(changes: Partial<WriteLimits>): void {
    this.#limits = changedWriteLimits(this.#limits, changes);
    // Nothing waits any more, but nobody may write again either.
    if (this.#flow === "failed") return;
    if (this.#queue.bytes > this.#limits.high) this.#checkHigh();
    else if (this.#overHigh && this.#queue.bytes <= this.#limits.low) this.#resumeWriters();
  }

  registerProducer(producer: Producer | PullProducer, streaming: boolean): void {
    if (this.#producer !== null) {
      throw new Error("Cannot register a producer: another one is registered");
    }
    this.#producer = producer;
    this.#streaming = streaming;
    if (!streaming) this.#owner.workAtTurnEnd("this");
    else if (this.#overHigh) this.#callProducer("pauseProducing");
  }

  unregisterProducer(): void {
    this.#producer = null;
    this.#owner.workAtTurnEnd("this");
  }

  /**
   * As `StreamTransport.drained`.
   *
   * @param ended why the connection has ended, if it has
   * @param acceptsWrites whether what is written is still sent; where not, only the end is awaited
   */
  drained(ended: CloseReason | null, acceptsWrites: boolean): Promise<void> {
    const reason = ended ?? this.#stopped;
    if (reason !== null) return Promise.reject(new ConnectionClosedError(reason));
    if (acceptsWrites && !this.#overHigh) return Promise.resolve();
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  /** The socket is gone: drops what waits and sends nothing any more. */
  halt(): void {
    this.#flow = "failed";
    this.#queue.clear();
  }

  /** Nothing will ever be sent: stops the producer and rejects `drained`. Called after `halt`. */
  stop(reason: CloseReason): void {
    this.#stopped ??= reason;
    this.#callProducer("stopProducing");
    this.#producer = null;
    this.#drained?.reject(new ConnectionClosedError(reason));
    this.#drained = null;
  }

  /** Nothing holds up writers once nothing is sent any more. Called after `stop`. */
  releaseWriters(): void {
    if (!this.#overHigh) return;
    this.#releasing = true;
    this.#resumeWriters();
    this.#releasing = false;
  }

  #sendQueue(): void {
    const queue = this.#queue;
    if (this.#flow === "ready" && this.#bytesBeforeHold === null) {
      const only = queue.takeOnly();
      if (only !== null) return void this.#sendChunk(only);
    }
    while (this.#flow === "ready") {
      if (this.#bytesBeforeHold === 0) return this.#reachHold();
      if (queue.bytes === 0) return;
      const length = Math.min(queue.length, this.#bytesBeforeHold ?? queue.length);
      const sent = this.#send(queue.buffer, queue.offset, length);
      if (sent <= 0) return;
      queue.advance(sent);
      if (this.#bytesBeforeHold !== null) this.#bytesBeforeHold -= sent;
    }
  }

  /** Sends a chunk while nothing waits; keeps what is not taken. Returns how much was. */
  #sendChunk(chunk: Uint8Array): number {
    const sent = this.#send(chunk, 0, chunk.length);
    if (sent === 0) this.#queue.push(chunk);
    else if (sent > 0 && sent < chunk.length) this.#queue.push(chunk.subarray(sent));
    return sent;
  }

  #reachHold(): void {
    this.#flow = "held";
    this.#owner.sentBeforeHold();
  }

  #send(buffer: Uint8Array, offset: number, length: number): number {
    const sent = this.#driver.write(buffer, offset, length);
    this.sends++;
    if (sent < 0) {
      this.#flow = "failed";
      this.#queue.clear();
      this.#owner.sendFailed();
      return sent;
    }
    this.bytesSent += sent;
    if (sent < length) {
      this.#flow = "blocked";
      this.shortSends++;
    }
    return sent;
  }

  /** Above the high-water mark: the kernel may still take it all; if not, stop the writers. */
  #checkHigh(): boolean {
    if (this.#flow === "ready") this.#sendQueue();
    const waiting = this.#queue.bytes;
    if (this.#flow === "failed") return this.#refuse();
    if (waiting <= this.#limits.high) return true;
    if (waiting > this.#limits.max) this.#owner.sendOverflowed(waiting, this.#limits.max);
    else if (!this.#overHigh) this.#pauseWriters();
    return false;
  }

  /**
   * Drops what is written after a failed send. Its writer stops, as if too much waited, and may be
   * waiting for that to change before it reads on, which is when it hears of the end. Who writes
   * again right when that has changed is not waiting for it.
   */
  #refuse(): false {
    if (this.#overHigh) return false;
    this.#pauseWriters();
    if (this.#stopped !== null && !this.#releasing) this.#owner.workAtTurnEnd("next");
    return false;
  }

  #pauseWriters(): void {
    this.#overHigh = true;
    if (this.#streaming) this.#callProducer("pauseProducing");
    this.#owner.writingPaused();
  }

  #resumeWriters(): void {
    this.#overHigh = false;
    if (this.#streaming) this.#callProducer("resumeProducing");
    this.#drained?.resolve();
    this.#drained = null;
    this.#owner.writingResumed();
  }

  get #pulls(): boolean {
    return this.#producer !== null && !this.#streaming;
  }

  #workLater(): void {
    if (!this.#pulling) this.#owner.workAtTurnEnd("this");
  }

  #callProducer(verb: "pauseProducing" | "resumeProducing" | "stopProducing"): void {
    const producer = this.#producer;
    if (producer === null) return;
    try {
      let result: unknown;
      if (verb !== "pauseProducing") result = producer[verb]();
      else if ("pauseProducing" in producer) result = producer.pauseProducing();
      if (result instanceof Promise) result.catch((error) => this.#owner.protocolFailed(error));
    } catch (error) {
      this.#owner.protocolFailed(error);
    }
  }
}
