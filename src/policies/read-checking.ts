import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";
import { EndWatch, type EndWatchOwner } from "./end-watch.ts";
import { ProtocolWrapper } from "./protocol-wrapper.ts";
import type { Pace } from "./shaping-rate.ts";

/**
 * Hands on at once what comes, and looks only now and then at what that makes: where it is a debt
 * reading is held for as long as time takes to pay that back.
 */
export class ReadChecking extends ProtocolWrapper implements EndWatchOwner {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #checkEveryMs: number;
  readonly #endWatch: EndWatch;
  /** The next check, or the end of the hold. */
  #next: DelayedCall | null = null;
  #peerHasGone = false;

  /** @param checkEveryMs how long after data the debt is looked at; above 0 */
  constructor(inner: ConnectionCallbacks, clock: Clock, pace: Pace, checkEveryMs: number) {
    super(inner);
    this.#clock = clock;
    this.#pace = pace;
    this.#checkEveryMs = checkEveryMs;
    this.#endWatch = new EndWatch(clock, this);
  }

  override dataReceived(data: Buffer): void {
    if (!this.#peerHasGone) {
      this.#pace.charge(data.length);
      this.#next ??= this.#clock.callLater(this.#checkEveryMs, () => this.#check());
    }
    return super.dataReceived(data);
  }

  override connectionLost(reason: CloseReason): void {
    this.#next?.[Symbol.dispose]();
    this.#endWatch.stop();
    return super.connectionLost(reason);
  }

  get holding(): boolean {
    return this.holdsReading;
  }

  /** Nobody is slowed down by it any more: what has come follows at once, and then the end. */
  peerHasGone(): void {
    this.#peerHasGone = true;
    this.#next?.[Symbol.dispose]();
    this.#release();
  }

  /** Waits for the debt of this moment: for what others add to it, they wait themselves. */
  #check(): void {
    this.#next = null;
    const { delayMs } = this.#pace;
    if (delayMs === 0) return;
    this.#next = this.#clock.callLater(delayMs, () => this.#release());
    this.holdUp("reading", true);
    this.holdReading();
    this.#endWatch.start(this.transport);
  }

  #release(): void {
    this.#next = null;
    this.holdUp("reading", false);
    this.releaseReading();
  }
}
