import type { Clock, DelayedCall } from "../reactor/clock.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import type { Pace } from "./shaping-rate.ts";

/** Whoever passes on what a `PacedQueue` lets go. */
export interface PacedQueueOwner {
  /** Passes one piece on. Returns false when the next one must wait for `unblock`. Never throws. */
  sendPiece(piece: Uint8Array): boolean;
  /** Some of the queue has gone. Called after each run of pieces. */
  queueShrunk(): void;
  /** What is in the queue has begun to wait for its time, or has ceased to. */
  waitingChanged(waiting: boolean): void;
}

/** How long it is until others have had their turn, and whoever runs now has returned. */
const YIELD_MS = 1;

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
  /** How much may go of a burst before others have their turn. */
  #shareBytes: number;
  /** `hurried`: nothing is charged any more, nor waits for its time. */
  #state: "paced" | "hurried" | "stopped" = "paced";
  /** What is below takes no more for now. */
  #blocked = false;
  /** Waits for the time of the next piece. */
  #turn: DelayedCall | null = null;
  #lettingGo = false;
  #toldWaiting = false;
  readonly #turnCame = () => {
    this.#turn = null;
    this.#shareBytes = this.#pace.shareBytes;
    this.#letGo();
  };

  constructor(clock: Clock, pace: Pace, owner: PacedQueueOwner) {
    this.#clock = clock;
    this.#pace = pace;
    this.#owner = owner;
    this.#shareBytes = pace.shareBytes;
  }

  get bytes(): number {
    return this.#queue.bytes;
  }

  /** Whether the next piece waits for its time. */
  get waiting(): boolean {
    return this.#turn !== null;
  }

  /** Takes a chunk that is not empty, and lets go what may go now. */
  push(chunk: Uint8Array): void {
    if (this.#state === "stopped") return;
    this.#queue.push(chunk);
    this.#letGo();
  }

  /** What is below takes no more, until `unblock`. A turn that was reserved stays so. */
  block(): void {
    this.#blocked = true;
  }

  unblock(): void {
    this.#blocked = false;
    this.#letGo();
  }

  /** As `unblock`, but nothing goes before the code that runs now has returned. */
  unblockSoon(): void {
    this.#blocked = false;
    if (this.bytes === 0 || this.#lettingGo || this.waiting) return;
    this.#turn = this.#clock.callLater(YIELD_MS, this.#turnCame);
    this.#tellWaiting();
  }

  /** Lets everything go at once; what comes later pays for it. */
  releaseAll(): void {
    this.#pace.charge(Math.max(0, this.bytes - this.#chargedBytes));
    this.#chargedBytes = 0;
    while (this.bytes > 0) this.#owner.sendPiece(this.#queue.take(this.bytes));
    this.#owner.queueShrunk();
  }

  /** From now on nothing waits for its time, nor is charged. */
  hurry(): void {
    if (this.#state !== "paced") return;
    this.#state = "hurried";
    this.#cancelTurn();
    this.#letGo();
  }

  /** Drops what waits, and takes nothing any more. */
  stop(): void {
    this.#state = "stopped";
    this.#queue.clear();
    this.#cancelTurn();
    this.#tellWaiting();
  }

  /** In a loop: what a piece leads to may ask for the next one, as deep as the peer likes. */
  #letGo(): void {
    if (this.#lettingGo) return;
    this.#lettingGo = true;
    let hasShrunk = false;
    while (this.#mayGo()) {
      const piece = this.#queue.take(this.#chargedBytes);
      this.#chargedBytes -= piece.length;
      hasShrunk = true;
      if (!this.#owner.sendPiece(piece)) this.#blocked = true;
    }
    this.#lettingGo = false;
    this.#tellWaiting();
    if (hasShrunk) this.#owner.queueShrunk();
  }

  /** Charges the next piece, unless that was done; it may go when there is no debt then. */
  #mayGo(): boolean {
    if (this.bytes === 0 || this.#blocked || this.#turn !== null) return false;
    if (this.#state === "hurried") this.#chargedBytes = this.bytes;
    if (this.#chargedBytes > 0) return true;
    this.#chargedBytes = Math.min(this.bytes, this.#pace.pieceBytes);
    this.#pace.charge(this.#chargedBytes);
    const delayMs = Math.max(this.#pace.debtMs, this.#shareBytes > 0 ? 0 : YIELD_MS);
    this.#shareBytes -= this.#chargedBytes;
    if (delayMs === 0) return true;
    this.#turn = this.#clock.callLater(delayMs, this.#turnCame);
    return false;
  }

  #cancelTurn(): void {
    this.#turn?.[Symbol.dispose]();
    this.#turn = null;
  }

  #tellWaiting(): void {
    if (this.#toldWaiting === this.waiting) return;
    this.#toldWaiting = this.waiting;
    this.#owner.waitingChanged(this.waiting);
  }
}
