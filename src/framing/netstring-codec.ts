/** Netstrings (cr.yp.to/proto/netstrings.txt): a length in digits, a colon, bytes, a comma. */
import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import { checkMaxLength } from "./check-max-length.ts";
import type { Codec, EncodedMessage } from "./codec.ts";
import { FrameTooLongError, MalformedFrameError } from "./framing-error.ts";
import { joinPieces } from "./join-pieces.ts";
import type { ReceiveBuffer } from "./receive-buffer.ts";

/** The longest string that string protocols take unless told, as in Twisted: five digits. */
export const DEFAULT_MAX_STRING_BYTES = 99_999;

const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const COMMA = Buffer.from(",");

/**
 * Netstrings, read strictly: no sign, no leading zero, no space. What is wrong is found at its
 * first byte; a length that is too long before its last digit.
 */
export class NetstringCodec implements Codec<Buffer, Uint8Array | string> {
  readonly maxBytes: number;
  readonly #maxLength: number;

  /**
   * @param maxLength the longest string, in bytes; 99999 unless told
   * @throws {RangeError} when it is not at least 0
   */
  constructor(maxLength = DEFAULT_MAX_STRING_BYTES) {
    checkMaxLength(maxLength);
    this.#maxLength = maxLength;
    this.maxBytes = String(maxLength).length + 1 + maxLength + 1;
  }

  /** @throws {MalformedFrameError} @throws {FrameTooLongError} */
  decode(buffer: ReceiveBuffer): Buffer | null {
    let length = 0;
    for (let digits = 0; buffer.has(digits + 1); digits++) {
      const byte = buffer.byteAt(digits);
      if (byte === COLON && digits > 0) return this.#decodeString(buffer, digits + 1, length);
      if (byte < ZERO || byte > NINE) throw unexpected(byte, "a digit of a netstring's length");
      if (digits > 0 && length === 0) throw unexpected(byte, "the colon after a length of 0");
      length = length * 10 + byte - ZERO;
      if (length > this.#maxLength) {
        throw new FrameTooLongError("Netstring", length, this.#maxLength);
      }
    }
    return null;
  }

  encode(message: Uint8Array | string): EncodedMessage {
    const bytes = outgoingBytes(message);
    return joinPieces([Buffer.from(`${bytes.length}:`), bytes, COMMA]);
  }

  #decodeString(buffer: ReceiveBuffer, start: number, length: number): Buffer | null {
    const frameBytes = start + length + 1;
    if (!buffer.has(frameBytes)) {
      buffer.expect(frameBytes);
      return null;
    }
    const end = buffer.byteAt(start + length);
    if (end !== COMMA[0]) throw unexpected(end, "the comma after a netstring");
    buffer.skip(start);
    const string = buffer.take(length);
    buffer.skip(1);
    return string;
  }
}

function unexpected(byte: number, wanted: string): MalformedFrameError {
  return new MalformedFrameError(`Byte 0x${byte.toString(16).padStart(2, "0")} is not ${wanted}`);
}
