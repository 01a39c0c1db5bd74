import type { Clock, DelayedCall } from "../reactor/clock.ts";

/**
 * How long a close waits for the peer. Long enough for a lost end of stream to be sent again a few
 * times, short enough that peers who never close do not pile up.
 */
const DEFAULT_CLOSE_TIMEOUT_MS = 5_000;

/**
 * How often at most a close that waits for our own producer is looked at: with a timeout of 0 it
 * would be looked at all the time.
 */
const MIN_CHECK_MS = 100;

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
    this.#wait(timeoutMs);
  }

  /** Starts, unless it is running. */
  startOnce(): void {
    if (this.#call === null) this.start();
  }

  stop(): void {
    this.#call?.[Symbol.dispose]();
    this.#call = null;
  }

  #wait(delayMs: number): void {
    this.#progress = this.#owner.progress;
    this.#call = this.#clock.callLater(delayMs, () => this.#due());
  }

  #due(): void {
    this.#call = null;
    if (!this.#owner.waitsForPeer) this.#wait(Math.max(this.#timeoutMs, MIN_CHECK_MS));
    else if (this.#owner.progress > this.#progress) this.#wait(this.#timeoutMs);
    else this.#owner.closeTimedOut();
  }
}
