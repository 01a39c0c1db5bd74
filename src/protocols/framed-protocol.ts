import type { Codec } from "../framing/codec.ts";
import { FrameTooLongError, FramingError } from "../framing/framing-error.ts";
import type { ReceiveBuffer } from "../framing/receive-buffer.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { FrameReceiver } from "./frame-receiver.ts";
import { writeEncoded } from "./write-encoded.ts";

/**
 * Receives and sends the messages of any codec. Subclass it, override `messageReceived`, and give
 * the constructor a codec of this connection's own.
 *
 * ```ts
 * class Adder extends FramedProtocol<Buffer, Uint8Array | string> {
 *   constructor() {
 *     super(new LineCodec({ delimiter: "\n" }));
 *   }
 *
 *   override messageReceived(line: Buffer): void {
 *     const sum = line.toString().split("+").map(Number).reduce((a, b) => a + b);
 *     this.send(String(sum));
 *   }
 * }
 * ```
 *
 * @typeParam In the messages that are received
 * @typeParam Out the messages that are sent
 */
export abstract class FramedProtocol<
  In,
  Out = In,
  T extends StreamTransport = StreamTransport,
> extends FrameReceiver<T> {
  readonly #codec: Codec<In, Out>;

  /** @param codec the format; serves this connection alone */
  constructor(codec: Codec<In, Out>) {
    super();
    this.#codec = codec;
  }

  /** A message came. Called in the order of the wire. */
  abstract messageReceived(message: In): void;

  /**
   * What came is not of the format. Called at most once; nothing is delivered any more, and what
   * still comes is thrown away. Unless overridden the connection ends with `error` as the cause.
   */
  framingFailed(error: FramingError): void {
    throw error;
  }

  /**
   * Sends a message.
   *
   * @returns as `write` of the transport
   * @throws what `encode` of the codec throws; nothing is sent then
   */
  send(message: Out): boolean {
    return writeEncoded(this.transport, this.#codec.encode(message));
  }

  /**
   * Takes what came and was not delivered away and returns it: what `switchProtocol` wants as the
   * leftover.
   */
  clearBuffer(): Buffer {
    return this.buffer.takeAll();
  }

  protected override deliverFrame(buffer: ReceiveBuffer): boolean {
    let message: In | null;
    try {
      message = this.#codec.decode(buffer);
      if (message === null) return this.#awaitRest(buffer);
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.endDelivery();
      this.watch(this.framingFailed(error));
      return true;
    }
    const result: unknown = this.messageReceived(message);
    if (result !== undefined) this.watch(result);
    return true;
  }

  #awaitRest(buffer: ReceiveBuffer): false {
    const { maxBytes } = this.#codec;
    if (buffer.length <= maxBytes) return false;
    throw new FrameTooLongError("Message", buffer.length, maxBytes);
  }
}
