import type { Clock, DelayedCall } from "../reactor/clock.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import type { Pace } from "./shaping-rate.ts";

/** Whoever sends what a `PacedQueue` lets go. */
export interface PacedQueueOwner {
  /** Sends one piece. Returns false when the next one must wait for `unblock`. */
  sendPiece(piece: Uint8Array): boolean;
  /** Some of the queue has gone. Called after each run of pieces. */
  queueShrunk(): void;
}

/**
 * Bytes that leave in order, piece by piece, no faster than a pace allows. Each piece is charged
 * before it waits: of several queues that share a pace, whoever waits has its turn reserved, and
 * they send in turn.
 */
export class PacedQueue {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #owner: PacedQueueOwner;
  readonly #queue = new ChunkQueue();
  /** How much may go without being charged again. */
  #chargedBytes = 0;
  /** `waiting`: for its time; `blocked`: the transport below has more than it wants. */
  #flow: "ready" | "waiting" | "blocked" | "stopped" = "ready";
  #turn: DelayedCall | null = null;
  readonly #turnCame = () => {
    this.#flow = "ready";
    this.#letGo();
  };

  constructor(clock: Clock, pace: Pace, owner: PacedQueueOwner) {
    this.#clock = clock;
    this.#pace = pace;
    this.#owner = owner;
  }

  get bytes(): number {
    return this.#queue.bytes;
  }

  /** Takes a chunk that is not empty, and lets go what may go now. */
  push(chunk: Uint8Array): void {
    if (this.#flow === "stopped") return;
    this.#queue.push(chunk);
    this.#letGo();
  }

  /** The transport below takes more again. */
  unblock(): void {
    if (this.#flow !== "blocked") return;
    this.#flow = "ready";
    this.#letGo();
  }

  /** Lets everything go at once; what comes later pays for it. */
  releaseAll(): void {
    this.#pace.charge(Math.max(0, this.bytes - this.#chargedBytes));
    this.#chargedBytes = 0;
    while (this.bytes > 0) this.#owner.sendPiece(this.#queue.take(this.bytes));
    this.#owner.queueShrunk();
  }

  /** Drops what waits, and takes nothing any more. */
  stop(): void {
    this.#flow = "stopped";
    this.#queue.clear();
    this.#turn?.[Symbol.dispose]();
  }

  #letGo(): void {
    if (this.#flow !== "ready") return;
    const bytesBefore = this.bytes;
    while (this.bytes > 0 && this.#flow === "ready" && this.#mayGo()) {
      const piece = this.#queue.take(this.#chargedBytes);
      this.#chargedBytes -= piece.length;
      if (!this.#owner.sendPiece(piece)) this.#block();
    }
    if (this.bytes < bytesBefore) this.#owner.queueShrunk();
  }

  /** Charges the next piece, unless that was done; it may go when there is no debt then. */
  #mayGo(): boolean {
    if (this.#chargedBytes > 0) return true;
    this.#chargedBytes = Math.min(this.bytes, this.#pace.pieceBytes);
    this.#pace.charge(this.#chargedBytes);
    const delayMs = this.#pace.debtMs;
    if (delayMs === 0) return true;
    this.#flow = "waiting";
    this.#turn = this.#clock.callLater(delayMs, this.#turnCame);
    return false;
  }

  /** Unless it was stopped meanwhile. */
  #block(): void {
    if (this.#flow === "ready") this.#flow = "blocked";
  }
}
