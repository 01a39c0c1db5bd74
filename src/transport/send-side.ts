import type { Producer, PullProducer } from "../reactor/producer.ts";
import type { StreamOptions, WriteLimits } from "../reactor/stream-transport.ts";
import type { StreamDriver } from "./stream-driver.ts";
import type { Turn } from "./turn.ts";
import { changedWriteLimits, DEFAULT_WRITE_LIMITS } from "../reactor/write-limits.ts";
import { WriteQueue } from "./write-queue.ts";
import { Writers, type WritersOwner } from "./writers.ts";

/** What the sending half tells its connection. */
export interface SendSideOwner extends WritersOwner {
  /** There is something to do at the end of this turn, or of the next one. */
  workAtTurnEnd(when: "this" | "next"): void;
  /** The kernel will never take another byte. */
  sendFailed(): void;
  /** More than the hard limit waits. */
  sendOverflowed(waitingBytes: number, maxBytes: number): void;
  /** All that was to leave before the hold has left. */
  sentBeforeHold(): void;
}

/**
 * How many pieces a pull producer is asked for in one turn. A producer that the kernel keeps up
 * with would otherwise never let anybody else run.
 */
const MAX_PULLS_PER_TURN = 16;

/**
 * The sending half of a connection: the queue and the water marks. It knows nothing of closing; its
 * owner asks `idle` before it sends the end of stream.
 */
export class SendSide {
  readonly writers: Writers;
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
  /** A pull producer is being asked: what it writes leaves when it returns. */
  #pulling = false;
  bytesWritten = 0;
  bytesSent = 0;
  sends = 0;
  shortSends = 0;

  constructor(driver: StreamDriver, owner: SendSideOwner, turn: Turn, options: StreamOptions) {
    this.writers = new Writers(owner);
    this.#driver = driver;
    this.#owner = owner;
    this.#queue = new WriteQueue(turn);
    this.#immediate = options.writeMode === "immediate";
    this.#limits = options.writeLimits ?? DEFAULT_WRITE_LIMITS;
  }

  get waitingBytes(): number {
    return this.#queue.bytes;
  }

  /** Whether nothing waits and nothing more will come by itself. */
  get idle(): boolean {
    return this.#queue.bytes === 0 && !this.writers.hasProducer && this.#bytesBeforeHold === null;
  }

  /** Takes a chunk that is not empty. Returns false when its writer should stop. */
  write(chunk: Uint8Array): boolean {
    if (this.#flow === "failed") return this.writers.refuse();
    this.bytesWritten += chunk.length;
    if (this.#immediate && this.#flow === "ready" && this.#queue.bytes === 0) {
      const sent = this.#sendChunk(chunk);
      if (sent < 0) return this.writers.refuse();
      if (sent === chunk.length && this.writers.pulls) this.#workLater();
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
      if (this.#queue.bytes <= this.#limits.low) this.writers.resume();
      if (!this.writers.pulls || this.#queue.bytes > 0) return;
      if (this.#flow !== "ready") return;
      if (pulls === MAX_PULLS_PER_TURN) return this.#owner.workAtTurnEnd("next");
      const writtenBefore = this.bytesWritten;
      this.#pulling = true;
      this.writers.pull();
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
    else if (this.#queue.bytes <= this.#limits.low) this.writers.resume();
  }

  registerProducer(producer: Producer | PullProducer, streaming: boolean): void {
    this.writers.register(producer, streaming);
    if (!streaming) this.#owner.workAtTurnEnd("this");
  }

  unregisterProducer(): void {
    this.writers.unregister();
    this.#owner.workAtTurnEnd("this");
  }

  /** The socket is gone: drops what waits and sends nothing any more. */
  halt(): void {
    this.#flow = "failed";
    this.#queue.clear();
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
    if (this.#flow === "failed") return this.writers.refuse();
    if (waiting <= this.#limits.high) return true;
    if (waiting > this.#limits.max) this.#owner.sendOverflowed(waiting, this.#limits.max);
    else this.writers.pause();
    return false;
  }

  #workLater(): void {
    if (!this.#pulling) this.#owner.workAtTurnEnd("this");
  }
}
