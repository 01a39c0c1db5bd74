import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import { checkMaxLength } from "./check-max-length.ts";
import type { Codec, EncodedMessage } from "./codec.ts";
import { FrameTooLongError, MalformedFrameError, StringTooLongError } from "./framing-error.ts";
import { joinPieces } from "./join-pieces.ts";
import { DEFAULT_MAX_STRING_BYTES } from "./netstring-codec.ts";
import type { ReceiveBuffer } from "./receive-buffer.ts";

const FIELD_BYTES: readonly number[] = [1, 2, 3, 4, 8];

/** Where the length stands, and what it counts. */
export interface LengthFieldOptions {
  /** How wide the field is; 4 unless told. */
  readonly fieldBytes?: 1 | 2 | 3 | 4 | 8;
  /** How many bytes stand before it; 0 unless told. */
  readonly offset?: number;
  /**
   * How many bytes follow the field besides those that it counts; 0 unless told. Where the field
   * counts itself and what is before it, that is minus `offset + fieldBytes`.
   */
  readonly adjustment?: number;
  /** The most significant byte first (the default), or the least. */
  readonly byteOrder?: "big-endian" | "little-endian";
  /**
   * Whether messages come without the field and what is before it, as they do unless told. With
   * `"keep"` a message is the whole frame, and `encode` writes the length into a copy of its field.
   */
  readonly header?: "strip" | "keep";
  /** The longest message, in bytes; 99999 unless told. */
  readonly maxLength?: number;
}

/**
 * Messages with a length field in front, in any of the usual forms. `new LengthFieldCodec()` is the
 * plain one: a length of 4 bytes in network byte order, and that many bytes.
 */
export class LengthFieldCodec implements Codec<Buffer, Uint8Array | string> {
  readonly maxBytes: number;
  readonly #fieldBytes: number;
  readonly #offset: number;
  readonly #headerBytes: number;
  readonly #adjustment: number;
  readonly #littleEndian: boolean;
  readonly #strippedBytes: number;
  readonly #maxLength: number;

  /**
   * @throws {RangeError} when `offset` is not a whole number of at least 0, `fieldBytes` is none of
   * its values, `adjustment` is not a whole number, or `maxLength` is not at least 0
   */
  constructor(options: LengthFieldOptions = {}) {
    const { offset = 0, fieldBytes = 4, adjustment = 0 } = options;
    const { maxLength = DEFAULT_MAX_STRING_BYTES } = options;
    checkMaxLength(maxLength);
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new RangeError(`Length field offset of ${offset} is not a whole number of at least 0`);
    }
    if (!FIELD_BYTES.includes(fieldBytes)) {
      throw new RangeError(`Length field of ${fieldBytes} bytes is none of ${FIELD_BYTES}`);
    }
    if (!Number.isSafeInteger(adjustment)) {
      throw new RangeError(`Length adjustment of ${adjustment} is not a whole number`);
    }
    this.#fieldBytes = fieldBytes;
    this.#offset = offset;
    this.#headerBytes = offset + fieldBytes;
    this.#adjustment = adjustment;
    this.#littleEndian = options.byteOrder === "little-endian";
    this.#strippedBytes = options.header === "keep" ? 0 : this.#headerBytes;
    this.#maxLength = maxLength;
    this.maxBytes = Math.max(this.#headerBytes, this.#strippedBytes + maxLength);
  }

  /** @throws {FrameTooLongError} @throws {MalformedFrameError} when a length ends in the header */
  decode(buffer: ReceiveBuffer): Buffer | null {
    const headerBytes = this.#headerBytes;
    if (!buffer.has(headerBytes)) return null;
    const field = this.#littleEndian
      ? buffer.readUIntLE(this.#offset, this.#fieldBytes)
      : buffer.readUIntBE(this.#offset, this.#fieldBytes);
    const frameBytes = headerBytes + field + this.#adjustment;
    if (frameBytes < headerBytes) throw this.#tooShort(field);
    const length = frameBytes - this.#strippedBytes;
    if (length > this.#maxLength) throw new FrameTooLongError("Message", length, this.#maxLength);
    if (!buffer.has(frameBytes)) {
      buffer.expect(frameBytes);
      return null;
    }
    buffer.skip(this.#strippedBytes);
    return buffer.take(length);
  }

  /**
   * Puts the header in front of `message`, with zeros before the length field; or, where headers
   * are kept, writes the length into it.
   *
   * @throws {StringTooLongError} when the field is too narrow for the length
   * @throws {RangeError} when `message` should have a header and is shorter than one, or is so
   * short that its length would be negative
   */
  encode(message: Uint8Array | string): EncodedMessage {
    const bytes = outgoingBytes(message);
    const header = Buffer.alloc(this.#headerBytes);
    if (this.#strippedBytes > 0) {
      this.#writeField(header, bytes.length);
      return joinPieces([header, bytes]);
    }
    if (bytes.length < header.length) {
      throw new RangeError(`Cannot encode ${bytes.length} bytes: the header has ${header.length}`);
    }
    header.set(bytes.subarray(0, header.length));
    this.#writeField(header, bytes.length - header.length);
    return joinPieces([header, bytes.subarray(header.length)]);
  }

  #writeField(header: Buffer, followingBytes: number): void {
    const length = followingBytes - this.#adjustment;
    if (length < 0) {
      throw new RangeError(`Cannot encode ${followingBytes} bytes: the length would be ${length}`);
    }
    if (length >= 256 ** this.#fieldBytes) {
      const detail = `a length field of ${this.#fieldBytes} bytes cannot say so`;
      throw new StringTooLongError(`Cannot encode ${followingBytes} bytes: ${detail}`);
    }
    let rest = length;
    for (let index = 0; index < this.#fieldBytes; index++) {
      const place = this.#littleEndian ? index : this.#fieldBytes - 1 - index;
      header[this.#offset + place] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }

  #tooShort(field: number): MalformedFrameError {
    const detail = `with an adjustment of ${this.#adjustment} it ends in its own header`;
    return new MalformedFrameError(`Length field of ${field} is too small: ${detail}`);
  }
}
