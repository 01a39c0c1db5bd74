import type { Clock } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";
import { unreadClearText } from "../reactor/unread-clear-text.ts";
import { EndWatch, type EndWatchOwner } from "./end-watch.ts";
import { PacedQueue, type PacedQueueOwner } from "./paced-queue.ts";
import { ProtocolWrapper } from "./protocol-wrapper.ts";
import type { Pace } from "./shaping-rate.ts";

/**
 * Hands on what comes in pieces, at a given pace. As long as something waits here reading is held,
 * so that the peer's own kernel makes it wait, and no more than one chunk waits.
 */
export class ReadShaping extends ProtocolWrapper implements PacedQueueOwner, EndWatchOwner {
  readonly #queue: PacedQueue;
  readonly #endWatch: EndWatch;

  constructor(inner: ConnectionCallbacks, clock: Clock, pace: Pace) {
    super(inner);
    this.#queue = new PacedQueue(clock, pace, this);
    this.#endWatch = new EndWatch(clock, this);
  }

  override dataReceived(data: Buffer): void {
    this.#queue.push(data);
    if (this.#queue.bytes === 0) return;
    this.holdReading();
    this.#watchEnd();
  }

  override pauseProducing(): void {
    this.#queue.block();
    super.pauseProducing();
  }

  override resumeProducing(): void {
    super.resumeProducing();
    if (this.readingPaused) return;
    this.#queue.unblockSoon();
    this.#watchEnd();
  }

  override tlsStarted(): void {
    if (this.#queue.bytes > 0) throw unreadClearText(this.#queue.bytes);
    return super.tlsStarted();
  }

  override connectionLost(reason: CloseReason): void {
    this.#queue.stop();
    this.#endWatch.stop();
    return super.connectionLost(reason);
  }

  sendPiece(piece: Uint8Array): boolean {
    // Whoever closes the connection gets nothing any more.
    if (this.disconnecting) this.#queue.stop();
    else this.#deliver(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
    return true;
  }

  queueShrunk(): void {
    if (this.#queue.bytes === 0) this.call(() => this.releaseReading());
  }

  waitingChanged(waiting: boolean): void {
    this.holdUp("reading", waiting);
  }

  /** A protocol that has paused hears of no end, and wants to hear of none. */
  get holding(): boolean {
    return this.#queue.bytes > 0 && !this.readingPaused;
  }

  /** Nobody is slowed down by it any more: what has come follows at once, and then the end. */
  peerHasGone(): void {
    this.#queue.hurry();
  }

  #watchEnd(): void {
    if (this.holding) this.#endWatch.start(this.transport);
  }

  #deliver(piece: Buffer): void {
    this.call(() => super.dataReceived(piece));
  }
}
