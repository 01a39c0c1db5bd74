import { ReceiveBuffer } from "../framing/receive-buffer.ts";
import { Protocol } from "../reactor/protocol.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { isDisconnecting } from "./is-disconnecting.ts";

/**
 * Delivers what comes in frame by frame: what all receivers have in common. Frames are delivered
 * in a loop and never by recursion, so a callback may pause, close, change the format or feed more
 * data in, and the order stays that of the wire.
 *
 * - After `loseConnection`, `abortConnection` or `stopProducing` no further frame is delivered.
 * - While paused, what came is kept, and the transport is paused too.
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
  /** Rejects with the first error that came up outside of `dataReceived`; the transport has it. */
  #failure: PromiseWithResolvers<never> | null = null;

  /**
   * Delivers the first frame of `buffer`, or says what is wrong with it, and takes it. Each receiver
   * has its own, so that the calls in it can be inlined.
   *
   * @returns false when the frame is not complete
   */
  protected abstract deliverFrame(buffer: ReceiveBuffer): boolean;

  /** Delivers the frames in `data`. Returns a promise once errors may come up later than this. */
  override dataReceived(data: Buffer): unknown {
    if (this.#flow === "ended") return undefined;
    this.buffer.append(data);
    if (this.#delivering) return undefined;
    const known = this.#failure;
    this.#deliver();
    if (this.#isPaused) this.#failure ??= Promise.withResolvers();
    return this.#failure === known ? undefined : this.#failure?.promise;
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
      this.endDelivery();
      if (this.#failure !== null) return this.#failure.reject(error);
      this.transport.abortConnection();
      throw error;
    }
  }

  /** From now on what comes in is thrown away. */
  protected endDelivery(): void {
    this.#flow = "ended";
    this.buffer.clear();
  }

  /** Ends the connection when `result`, of a callback, is a promise and rejects. */
  protected watch(result: unknown): void {
    if (!(result instanceof Promise)) return;
    const failure = (this.#failure ??= Promise.withResolvers());
    result.catch((error: unknown) => failure.reject(error));
  }

  get #isPaused(): boolean {
    return this.#flow === "paused";
  }

  #deliver(): void {
    this.#delivering = true;
    try {
      while (this.#flow === "flowing") {
        if (isDisconnecting(this.transport)) this.endDelivery();
        else if (!this.deliverFrame(this.buffer)) return this.buffer.settle();
      }
    } finally {
      this.#delivering = false;
    }
  }
}
