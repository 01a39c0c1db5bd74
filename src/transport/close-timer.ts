import type { Clock, DelayedCall } from "../reactor/clock.ts";

/**
 * How long a close waits for the peer. Long enough for a lost end of stream to be sent again a few
 * times, short enough that peers who never close do not pile up.
 */
const DEFAULT_CLOSE_TIMEOUT_MS = 5_000;

/** Whoever is closing. */
export interface CloseTimerOwner {
  /** The time is up. */
  closeTimedOut(): void;
  /** Grows as long as the peer goes on taking what is sent to it. */
  readonly progress: number;
  /** False while it is our own side that has not finished. */
  readonly waitsForPeer: boolean;
}

/** Bounds the wait for a peer: runs out when it made no progress for the whole of its time. */
export class CloseTimer {
  readonly #clock: Clock;
  readonly #owner: CloseTimerOwner;
  #timeoutMs: number;
  #call: DelayedCall | null = null;
  #progress = 0;

  constructor(clock: Clock, owner: CloseTimerOwner, timeoutMs = DEFAULT_CLOSE_TIMEOUT_MS) {
    this.#clock = clock;
    this.#owner = owner;
    this.#timeoutMs = timeoutMs;
  }

  /** Starts, or starts again; a time given once holds for later starts too. */
  start(timeoutMs = this.#timeoutMs): void {
    this.stop();
    this.#timeoutMs = timeoutMs;
    this.#progress = this.#owner.progress;
    this.#call = this.#clock.callLater(timeoutMs, () => this.#due());
  }

  /** Starts, unless it is running. */
  startOnce(): void {
    if (this.#call === null) this.start();
  }

  stop(): void {
    this.#call?.[Symbol.dispose]();
    this.#call = null;
  }

  #due(): void {
    this.#call = null;
    if (!this.#owner.waitsForPeer || this.#owner.progress > this.#progress) this.start();
    else this.#owner.closeTimedOut();
  }
}
