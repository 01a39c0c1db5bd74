import type { CloseReason } from "../reactor/close-reason.ts";
import type { Producer, PullProducer } from "../reactor/producer.ts";
import type { StreamOptions, WriteLimits } from "../reactor/stream-transport.ts";
import { changedWriteLimits, DEFAULT_WRITE_LIMITS } from "../reactor/write-limits.ts";
import type { StreamDriver } from "./stream-driver.ts";
import type { Turn } from "./turn.ts";
import { WriteQueue } from "./write-queue.ts";
import { Writers, type WritersOwner } from "./writers.ts";

/** What the sending half tells its connection. */
export interface OutboxOwner extends WritersOwner {
  /** There is something to do at the end of this turn, or of the next one. */
  workAtTurnEnd(when: "this" | "next"): void;
  /** The kernel will never take another byte. */
  sendFailed(): void;
  /** More waits than may. */
  sendOverflowed(waitingBytes: number, maxBytes: number): void;
  /** A chunk that waits has another length than when it was written. */
  chunkChanged(): void;
  /** All that was to leave before the hold has left. */
  sentBeforeHold(): void;
}

/**
 * How many pieces a pull producer is asked for in one turn. A producer that the kernel keeps up
 * with would otherwise never let anybody else run.
 */
const MAX_PULLS_PER_TURN = 16;

/**
 * How much is gathered of the answers to one read that is delivered in several pieces, before the
 * kernel is tried: twice what the runtime reads at once, so that an echo of it is one send.
 */
const MAX_GATHERED_BYTES = 1_048_576;

/**
 * The sending half of a connection: what waits to be sent, and the water marks. It knows nothing of
 * closing; its owner asks `idle` before it sends the end of stream.
 */
export class Outbox {
  readonly #driver: StreamDriver;
  readonly #owner: OutboxOwner;
  readonly #turn: Turn;
  readonly #immediate: boolean;
  #limits: WriteLimits;
  /** The only chunk that waits, as it was written; nearly always there is no other. */
  #only: Uint8Array | null = null;
  /** How long it was then. */
  #onlyBytes = 0;
  /** What waits, when that is more than one untouched chunk; made when that first happens. */
  #queue: WriteQueue | null = null;
  /** Made when somebody is first to pause, or to be told of something. */
  #writers: Writers | null = null;
  /**
   * `blocked`: the kernel took less than offered, so wait for `writable`. `held`: what was written
   * since `holdAfterWaiting` waits for `releaseHold`.
   */
  #flow: "ready" | "blocked" | "held" | "failed" = "ready";
  /** Bytes that still leave before the hold; null without one. */
  #bytesBeforeHold: number | null = null;
  /** A pull producer is being asked: what it writes leaves when it returns. */
  #pulling = false;
  /** Answers to one read are written, which leave together as long as they do not pile up. */
  #gathering = false;
  bytesWritten = 0;
  bytesSent = 0;
  sends = 0;
  shortSends = 0;

  constructor(driver: StreamDriver, owner: OutboxOwner, turn: Turn, options: StreamOptions) {
    this.#driver = driver;
    this.#owner = owner;
    this.#turn = turn;
    this.#immediate = options.writeMode === "immediate";
    this.#limits = changedWriteLimits(DEFAULT_WRITE_LIMITS, options.writeLimits ?? {});
  }

  /** Those who write. */
  get writers(): Writers {
    this.#writers ??= new Writers(this.#owner);
    return this.#writers;
  }

  /** Whether writers were told to pause. */
  get paused(): boolean {
    return this.#writers !== null && this.#writers.paused;
  }

  /** Whether writers are being told to go on, though all they write is refused. */
  get releasing(): boolean {
    return this.#writers !== null && this.#writers.releasing;
  }

  /** Why nothing will ever be sent, once writers were told so. */
  get stopped(): CloseReason | null {
    return this.#writers === null ? null : this.#writers.stopped;
  }

  get hasProducer(): boolean {
    return this.#writers !== null && this.#writers.hasProducer;
  }

  get waitingBytes(): number {
    return this.#onlyBytes + (this.#queue === null ? 0 : this.#queue.bytes);
  }

  /** Whether nothing waits and nothing more will come by itself. */
  get idle(): boolean {
    return this.waitingBytes === 0 && !this.hasProducer && this.#bytesBeforeHold === null;
  }

  /** Takes a chunk that is not empty. Returns false when its writer should stop. */
  write(chunk: Uint8Array): boolean {
    const { length } = chunk;
    if (this.#flow === "failed") return this.writers.refuse();
    this.bytesWritten += length;
    const waitedBytes = this.waitingBytes;
    if (waitedBytes > 0) this.#moveToQueue().push(chunk);
    else if (this.#immediate && this.#flow === "ready") return this.#sendAtOnce(chunk);
    else this.#keepOnly(chunk);
    return waitedBytes + length <= this.#limits.high || this.#tryAll(waitedBytes);
  }

  /** Takes several chunks that are not empty, as one. */
  writeAll(chunks: readonly Uint8Array[]): boolean {
    if (this.#flow === "failed") return this.writers.refuse();
    const waitedBytes = this.waitingBytes;
    for (const chunk of chunks) {
      this.bytesWritten += chunk.length;
      if (this.waitingBytes > 0) this.#moveToQueue().push(chunk);
      else this.#keepOnly(chunk);
    }
    if (this.#immediate && this.#flow === "ready") this.#sendWaiting();
    return this.waitingBytes <= this.#limits.high || this.#tryAll(waitedBytes);
  }

  /** Whether more waits than should, and the kernel has refused it. */
  get pilesUp(): boolean {
    return this.paused && !(this.#gathering && this.#flow === "ready");
  }

  /** Until `stopGathering` the kernel is not tried before much more waits. */
  startGathering(): void {
    this.#gathering = true;
  }

  stopGathering(): void {
    this.#gathering = false;
    if (!this.paused) return;
    this.#sendWaiting();
    if (this.waitingBytes <= this.#limits.high) this.writers.resume();
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
      this.#sendWaiting();
      const writers = this.#writers;
      if (writers === null || this.#flow === "failed") return;
      if (this.waitingBytes <= this.#limits.low) writers.resume();
      if (!writers.pulls || this.waitingBytes > 0 || this.#flow !== "ready") return;
      if (pulls === MAX_PULLS_PER_TURN) return this.#owner.workAtTurnEnd("next");
      const writtenBefore = this.bytesWritten;
      this.#pulling = true;
      writers.pull();
      this.#pulling = false;
      // A producer that had nothing to write is asked again after its next piece has left.
      if (this.bytesWritten === writtenBefore) return;
    }
  }

  /** Lets only what waits now leave; `sentBeforeHold` follows, perhaps at once. */
  holdAfterWaiting(): void {
    this.#bytesBeforeHold = this.waitingBytes;
    this.#sendWaiting();
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
    if (this.waitingBytes > this.#limits.high) this.#tryAll(this.waitingBytes);
    else if (this.waitingBytes <= this.#limits.low) this.#writers?.resume();
  }

  registerProducer(producer: Producer | PullProducer, streaming: boolean): void {
    this.writers.register(producer, streaming);
    if (!streaming) this.#owner.workAtTurnEnd("this");
  }

  unregisterProducer(): void {
    this.#writers?.unregister();
    this.#owner.workAtTurnEnd("this");
  }

  /** Nothing will ever be sent: tells those who write, if there are any. */
  stopWriters(reason: CloseReason): void {
    this.#writers?.stop(reason);
  }

  /** The socket is gone: drops what waits and sends nothing any more. */
  halt(): void {
    this.#flow = "failed";
    this.#only = null;
    this.#onlyBytes = 0;
    this.#queue?.clear();
  }

  #keepOnly(chunk: Uint8Array): void {
    this.#only = chunk;
    this.#onlyBytes = chunk.length;
    if (this.#flow === "ready") this.#workLater();
  }

  /** The queue, with the only chunk in it. */
  #moveToQueue(): WriteQueue {
    this.#queue ??= new WriteQueue(this.#turn);
    if (this.#only !== null) {
      this.#queue.push(this.#only, this.#onlyBytes);
      this.#only = null;
      this.#onlyBytes = 0;
    }
    return this.#queue;
  }

  #sendAtOnce(chunk: Uint8Array): boolean {
    const { length } = chunk;
    const sent = this.#sendChunk(chunk);
    if (sent < 0) return this.writers.refuse();
    if (sent < length) return length - sent <= this.#limits.high || this.#tryAll(0);
    if (this.#writers !== null && this.#writers.pulls) this.#workLater();
    return true;
  }

  #sendWaiting(): void {
    if (this.#only !== null && this.#flow === "ready") {
      if (this.#only.length !== this.#onlyBytes) return this.#owner.chunkChanged();
      if (this.#bytesBeforeHold === null) return this.#sendOnly(this.#only);
    }
    this.#sendQueue();
  }

  #sendOnly(only: Uint8Array): void {
    this.#only = null;
    this.#onlyBytes = 0;
    this.#sendChunk(only);
  }

  #sendQueue(): void {
    while (this.#flow === "ready") {
      if (this.#bytesBeforeHold === 0) return this.#reachHold();
      if (this.waitingBytes === 0) return;
      const queue = this.#moveToQueue();
      if (!queue.isIntact) return this.#owner.chunkChanged();
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
    if (sent === 0) this.#moveToQueue().push(chunk);
    else if (sent > 0 && sent < chunk.length) this.#moveToQueue().push(chunk.subarray(sent));
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
      this.halt();
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

  /**
   * Above the high-water mark: the kernel may still take it all; if not, stop the writers. What is
   * written at once while there was room is taken whatever its size; the hard limit is for those
   * who go on writing.
   */
  #tryAll(waitedBytes: number): boolean {
    const { high, max } = this.#limits;
    const gathers = this.#gathering && this.waitingBytes <= MAX_GATHERED_BYTES;
    if (this.#flow === "ready" && !gathers) this.#sendWaiting();
    if (this.#flow === "failed") return this.writers.refuse();
    const waiting = this.waitingBytes;
    if (waiting <= high) return true;
    if (waiting > max && waitedBytes > high) this.#owner.sendOverflowed(waiting, max);
    else this.writers.pause();
    return false;
  }

  #workLater(): void {
    if (!this.#pulling) this.#owner.workAtTurnEnd("this");
  }
}
