import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { Pace } from "./shaping-rate.ts";

/** Whoever sends what a `PacedQueue` lets go. */
export interface PacedQueueOwner {
  /** Sends one piece. Returns false when the next one must wait for `unblock`. */
  sendPiece(piece: Uint8Array): boolean;
  /** Some of the queue has gone. Called after each run of pieces, with what is left. */
  queueShrunk(waitingBytes: number): void;
}

/** Bytes that leave in order, piece by piece, no faster than a pace allows. */
export class PacedQueue {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #owner: PacedQueueOwner;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** `blocked`: the transport below has more than it wants. */
  #flow: "ready" | "blocked" | "stopped" = "ready";
  #waiting: DelayedCall | null = null;

  constructor(clock: Clock, pace: Pace, owner: PacedQueueOwner) {
    this.#clock = clock;
    this.#pace = pace;
    this.#owner = owner;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it is the transport below, and not the pace, that what is here waits for. */
  get blocked(): boolean {
    return this.#flow === "blocked";
  }

  /** Takes a chunk that is not empty, and lets go what may go now. */
  push(chunk: Uint8Array): void {
    if (this.#flow === "stopped") return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#waiting === null) this.#letGo();
  }

  /** The transport below takes more again. */
  unblock(): void {
    if (this.#flow !== "blocked") return;
    this.#flow = "ready";
    if (this.#waiting === null) this.#letGo();
  }

  /** Lets everything go at once; the debt is paid by what comes later. */
  releaseAll(): void {
    while (this.#bytes > 0) this.#sendOne(this.#chunks[0]?.length ?? 0);
  }

  /** Drops what waits, and takes nothing any more. */
  stop(): void {
    this.#flow = "stopped";
    this.#chunks.length = 0;
    this.#bytes = 0;
    this.#waiting?.[Symbol.dispose]();
    this.#waiting = null;
  }

  #letGo(): void {
    const bytesBefore = this.#bytes;
    while (this.#bytes > 0 && this.#flow === "ready") {
      const { delayMs, pieceBytes } = this.#pace;
      if (delayMs > 0) {
        this.#waiting = this.#clock.callLater(delayMs, () => {
          this.#waiting = null;
          this.#letGo();
        });
        break;
      }
      this.#sendOne(pieceBytes);
    }
    if (this.#bytes < bytesBefore) this.#owner.queueShrunk(this.#bytes);
  }

  #sendOne(maxBytes: number): void {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return;
    const piece = chunk.length > maxBytes ? chunk.subarray(0, maxBytes) : chunk;
    if (piece === chunk) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(maxBytes);
    this.#bytes -= piece.length;
    this.#pace.charge(piece.length);
    if (!this.#owner.sendPiece(piece) && this.#flow === "ready") this.#flow = "blocked";
  }
}
