import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";
import { ProtocolWrapper } from "./protocol-wrapper.ts";
import type { Pace } from "./shaping-rate.ts";

/**
 * Slows a peer down by not reading: what has come is handed on at once and charged, and while there
 * is a debt reading is held. The peer's own kernel then makes it wait.
 */
export class ReadShaping extends ProtocolWrapper {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #checkEveryMs: number;
  #waiting: DelayedCall | null = null;

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

  override connectionLost(reason: CloseReason): void {
    this.#waiting?.[Symbol.dispose]();
    return super.connectionLost(reason);
  }

  /** Holds reading until the debt is paid, or goes on when there is none. */
  #check(): void {
    this.#waiting = null;
    const { delayMs } = this.#pace;
    if (delayMs > 0) {
      this.#waiting = this.#clock.callLater(delayMs, () => this.#check());
      this.holdReading();
    } else {
      this.releaseReading();
    }
  }
}
