import type { Codec } from "../framing/codec.ts";
import { FramingError } from "../framing/framing-error.ts";
import { DEFAULT_MAX_STRING_BYTES } from "../framing/netstring-codec.ts";
import type { ReceiveBuffer } from "../framing/receive-buffer.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { FrameReceiver } from "./frame-receiver.ts";
import { writeEncoded } from "./write-encoded.ts";

/** A format of byte strings. */
export type StringCodec = Codec<Buffer, Uint8Array | string>;

/** Receives and sends byte strings whose length is told in front: what those receivers share. */
export abstract class StringReceiver<
  T extends StreamTransport = StreamTransport,
> extends FrameReceiver<T> {
  /** The longest string that is received, in bytes; 99999 unless overridden. */
  maxLength = DEFAULT_MAX_STRING_BYTES;
  #codec: StringCodec | null = null;
  #codecMaxLength = 0;

  /** A string came; it is a view that keeps its chunk in memory. */
  abstract stringReceived(string: Buffer): void;

  /** What came is not of the format. Called at most once; what still comes is thrown away. */
  protected abstract stringFailed(error: FramingError): unknown;

  /** The format; called again when `maxLength` has changed. */
  protected abstract makeCodec(maxLength: number): StringCodec;

  /**
   * Sends a string, however long `maxLength` lets one that is received be.
   *
   * @returns as `write` of the transport
   * @throws {StringTooLongError} when the format cannot say how long it is; nothing is sent then
   */
  sendString(string: Uint8Array | string): boolean {
    return writeEncoded(this.transport, this.#currentCodec().encode(string));
  }

  protected override deliverFrame(buffer: ReceiveBuffer): boolean {
    let string: Buffer | null;
    try {
      string = this.#currentCodec().decode(buffer);
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.endDelivery();
      this.watch(this.stringFailed(error));
      return true;
    }
    if (string === null) return false;
    const result: unknown = this.stringReceived(string);
    if (result !== undefined) this.watch(result);
    return true;
  }

  #currentCodec(): StringCodec {
    const { maxLength } = this;
    if (this.#codec !== null && this.#codecMaxLength === maxLength) return this.#codec;
    this.#codecMaxLength = maxLength;
    this.#codec = this.makeCodec(maxLength);
    return this.#codec;
  }
}
