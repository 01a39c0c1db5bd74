import type { Codec, EncodedMessage } from "../framing/codec.ts";
import type { FramingError } from "../framing/framing-error.ts";
import { DEFAULT_MAX_STRING_BYTES } from "../framing/netstring-codec.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { FrameReceiver } from "./frame-receiver.ts";

/** Receives and sends byte strings whose length is told in front: what those receivers share. */
export abstract class StringReceiver<
  T extends StreamTransport = StreamTransport,
> extends FrameReceiver<Buffer, T> {
  /** The longest string that is received, in bytes; 99999 unless overridden. */
  maxLength = DEFAULT_MAX_STRING_BYTES;
  #codec: Codec<Buffer, Uint8Array | string> | null = null;
  #codecMaxLength = 0;

  /** A string came; it is a view that keeps its chunk in memory. */
  abstract stringReceived(string: Buffer): void;

  /** What came is not of the format. Called at most once; what still comes is thrown away. */
  protected abstract stringFailed(error: FramingError): unknown;

  /** The format; called again when `maxLength` has changed. */
  protected abstract makeCodec(maxLength: number): Codec<Buffer, Uint8Array | string>;

  /**
   * Sends a string, however long `maxLength` lets one that is received be.
   *
   * @returns as `write` of the transport
   * @throws {StringTooLongError} when the format cannot say how long it is; nothing is sent then
   */
  sendString(string: Uint8Array | string): boolean {
    const encoded: EncodedMessage = this.frameDecoder().encode(string);
    if (typeof encoded === "string" || encoded instanceof Uint8Array) {
      return this.transport.write(encoded);
    }
    return this.transport.writeSequence(encoded);
  }

  protected override frameDecoder(): Codec<Buffer, Uint8Array | string> {
    const { maxLength } = this;
    if (this.#codec !== null && this.#codecMaxLength === maxLength) return this.#codec;
    this.#codecMaxLength = maxLength;
    this.#codec = this.makeCodec(maxLength);
    return this.#codec;
  }

  protected override frameReceived(string: Buffer): unknown {
    return this.stringReceived(string);
  }

  protected override decodingFailed(error: FramingError): unknown {
    this.endDelivery();
    return this.stringFailed(error);
  }
}
