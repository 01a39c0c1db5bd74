import { ReceiveBuffer } from "../framing/receive-buffer.ts";
import { Protocol } from "../reactor/protocol.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { unreadClearText } from "../reactor/unread-clear-text.ts";

/**
 * Delivers what comes in frame by frame: what all receivers have in common. Frames are delivered
 * in a loop and never by recursion, so a callback may pause, close, change the format or feed more
 * data in, and the order stays that of the wire.
 *
 * - After `loseConnection`, `abortConnection` or `stopProducing` no further frame is delivered.
 * - While paused, what came is kept, and the transport is paused too.
 * - `startTLS` ends the connection when something that came in clear has not been delivered.
 * - What a callback throws, or a promise of its that rejects, ends the connection, with that error
 *   as the cause, also where the frame was delivered by `resumeProducing`.
 */
export abstract class FrameReceiver<
  T extends StreamTransport = StreamTransport,
> extends Protocol<T> {
  /** What has come and was not delivered. */
  protected readonly buffer = new ReceiveBuffer();
  #flow: "flowing" | "paused" | "ended" = "flowing";
  #delivering = false;
  #failed = false;

  /**
   * Delivers the first frame of `buffer`, or says what is wrong with it, and takes it. Every
   * receiver has its own, so that the calls in it can be inlined.
   *
   * @returns false when the frame is not complete
   */
  protected abstract deliverFrame(buffer: ReceiveBuffer): boolean;

  /** Delivers the frames in `data`. */
  override dataReceived(data: Buffer): void {
    if (this.#flow === "ended") return;
    this.buffer.append(data);
    if (!this.#delivering) this.#deliver();
  }

  /** @throws {TLSError} when not all that came in clear was delivered */
  override tlsStarted(): void {
    const { length } = this.buffer;
    if (length > 0) throw unreadClearText(length);
  }

  /** Delivers nothing and reads nothing until `resumeProducing`. */
  pauseProducing(): void {
    if (this.#flow === "flowing") this.#flow = "paused";
    this.transport.pauseProducing();
  }

  /** Delivers what came meanwhile, before this returns, and then goes on reading. */
  resumeProducing(): void {
    if (this.#isPaused) this.#flow = "flowing";
    this.deliverKept();
    if (!this.#isPaused) this.transport.resumeProducing();
  }

  /** Delivers nothing any more and closes the connection. */
  stopProducing(): void {
    this.endDelivery();
    this.transport.stopProducing();
  }

  /** Delivers what is there, outside of the transport's own calls. */
  protected deliverKept(): void {
    if (this.#delivering || this.#flow !== "flowing") return;
    try {
      this.#deliver();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** From now on what comes in is thrown away. */
  protected endDelivery(): void {
    this.#flow = "ended";
    this.buffer.clear();
  }

  /** Ends the connection when `result`, of a callback, is a promise and rejects. */
  protected watch(result: unknown): void {
    if (result instanceof Promise) result.catch((error: unknown) => this.#fail(error));
  }

  /** @throws {TypeError} when `result` is a promise, where what is to come next hangs on it */
  protected refusePromise(result: unknown): void {
    if (!(result instanceof Promise)) return;
    this.watch(result);
    throw new TypeError("A state returned a promise: which one is next must be known at once");
  }

  /** The first error ends the connection; of callbacks under way more may follow. */
  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.endDelivery();
    const isError = error instanceof Error;
    this.transport.abortConnection(isError ? error : new Error(String(error), { cause: error }));
  }

  get #isPaused(): boolean {
    return this.#flow === "paused";
  }

  #deliver(): void {
    this.#delivering = true;
    try {
      while (this.#flow === "flowing") {
        if (this.transport.disconnecting) this.endDelivery();
        else if (!this.deliverFrame(this.buffer)) return this.buffer.settle();
      }
    } finally {
      this.#delivering = false;
    }
  }
}
