import type { Codec } from "../framing/codec.ts";
import type { FramingError } from "../framing/framing-error.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { FrameReceiver } from "./frame-receiver.ts";

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
> extends FrameReceiver<In, T> {
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
    const encoded = this.#codec.encode(message);
    if (typeof encoded === "string" || encoded instanceof Uint8Array) {
      return this.transport.write(encoded);
    }
    return this.transport.writeSequence(encoded);
  }

  /**
   * Takes what came and was not delivered away and returns it: what `switchProtocol` wants as the
   * leftover.
   */
  clearBuffer(): Buffer {
    return this.buffer.takeAll();
  }

  protected override frameDecoder(): Codec<In, Out> {
    return this.#codec;
  }

  protected override frameReceived(message: In): unknown {
    return this.messageReceived(message);
  }

  protected override decodingFailed(error: FramingError): unknown {
    this.endDelivery();
    return this.framingFailed(error);
  }
}
