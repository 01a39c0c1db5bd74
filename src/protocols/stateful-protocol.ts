import { FrameTooLongError, type FramingError } from "../framing/framing-error.ts";
import { DEFAULT_MAX_STRING_BYTES } from "../framing/netstring-codec.ts";
import type { ReceiveBuffer } from "../framing/receive-buffer.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { FrameReceiver } from "./frame-receiver.ts";

/**
 * How many bytes come next and what takes them: it is called with exactly so many, with the
 * protocol as `this`, and returns the next state, or nothing to stay in this one.
 */
export type SizedState = readonly [received: (data: Buffer) => SizedState | void, bytes: number];

/**
 * A protocol of parts that each say how long the next is.
 *
 * ```ts
 * class Records extends StatefulProtocol {
 *   override getInitialState(): SizedState {
 *     return [this.headerReceived, 2];
 *   }
 *
 *   headerReceived(header: Buffer): SizedState {
 *     return [this.bodyReceived, header.readUInt16BE()];
 *   }
 *
 *   bodyReceived(body: Buffer): SizedState {
 *     this.recordReceived(body);
 *     return [this.headerReceived, 2];
 *   }
 * }
 * ```
 *
 * A state of 0 bytes is called at once; two that lead to each other never let anything else run.
 */
export abstract class StatefulProtocol<
  T extends StreamTransport = StreamTransport,
> extends FrameReceiver<T> {
  /** How many bytes a state may ask for; 99999 unless overridden. */
  maxLength = DEFAULT_MAX_STRING_BYTES;
  #state: SizedState | null = null;

  /** The first state. Called once, when the first bytes have come. */
  abstract getInitialState(): SizedState;

  /**
   * A state asks for more than `maxLength` bytes, as it does when the peer lies about a length.
   * Called at most once; what still comes is thrown away. Unless overridden the connection ends
   * with `error` as the cause.
   */
  framingFailed(error: FramingError): void {
    throw error;
  }

  protected override deliverFrame(buffer: ReceiveBuffer): boolean {
    this.#state ??= this.getInitialState();
    const [received, bytes] = this.#state;
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new RangeError(
        `Cannot wait for ${bytes} bytes: a whole number of at least 0 is needed`,
      );
    }
    if (!(bytes <= this.maxLength)) {
      this.endDelivery();
      this.watch(this.framingFailed(new FrameTooLongError("Part", bytes, this.maxLength)));
      return true;
    }
    if (!buffer.has(bytes)) {
      buffer.expect(bytes);
      return false;
    }
    const next = received.call(this, buffer.take(bytes));
    this.refusePromise(next);
    this.#state = next ?? this.#state;
    return true;
  }
}
