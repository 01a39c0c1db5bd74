import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";
import { ProtocolWrapper } from "./protocol-wrapper.ts";
import type { Pace } from "./shaping-rate.ts";

/**
 * Slows a peer down by not reading: what has come is handed on at once and charged, and while there
 * is a debt reading is paused. The peer's own kernel then makes it wait.
 */
export class ReadShaping extends ProtocolWrapper {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #checkEveryMs: number;
  #waiting: DelayedCall | null = null;
  #pausedByProtocol = false;
  #pausedByPace = false;

  /** @param checkEveryMs how long after data the debt is looked at; 0 for at once */
  constructor(inner: ConnectionCallbacks, clock: Clock, pace: Pace, checkEveryMs: number) {
    super(inner);
    this.#clock = clock;
    this.#pace = pace;
    this.#checkEveryMs = checkEveryMs;
  }

  override dataReceived(data: Buffer): void {
    this.#pace.charge(data.length);
    if (this.#waiting === null) {
      if (this.#checkEveryMs === 0) this.#check();
      else this.#waiting = this.#clock.callLater(this.#checkEveryMs, () => this.#check());
    }
    return super.dataReceived(data);
  }

  override pauseProducing(): void {
    this.#pausedByProtocol = true;
    if (!this.#pausedByPace) super.pauseProducing();
  }

  override resumeProducing(): void {
    this.#pausedByProtocol = false;
    if (!this.#pausedByPace) super.resumeProducing();
  }

  /** The peer's end must be seen, however much it owes. */
  override loseConnection(options?: { readonly timeoutMs?: number }): void {
    this.#stopWaiting();
    super.loseConnection(options);
  }

  override connectionLost(reason: CloseReason): void {
    this.#stopWaiting();
    return super.connectionLost(reason);
  }

  /** Pauses until the debt is paid, or goes on when there is none. */
  #check(): void {
    this.#waiting = null;
    const { delayMs } = this.#pace;
    if (delayMs > 0) {
      this.#waiting = this.#clock.callLater(delayMs, () => this.#check());
      if (!this.#pausedByPace && !this.#pausedByProtocol) super.pauseProducing();
      this.#pausedByPace = true;
    } else if (this.#pausedByPace) {
      this.#pausedByPace = false;
      if (!this.#pausedByProtocol) super.resumeProducing();
    }
  }

  #stopWaiting(): void {
    this.#waiting?.[Symbol.dispose]();
    this.#waiting = null;
  }
}
