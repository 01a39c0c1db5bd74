import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import type { Codec } from "./codec.ts";
import type { ReceiveBuffer } from "./receive-buffer.ts";

/** Messages of one size, with nothing between them. */
export class FixedLengthCodec implements Codec<Buffer, Uint8Array | string> {
  readonly maxBytes: number;

  /**
   * @param length the size of every message, in bytes
   * @throws {RangeError} when it is not a whole number above 0
   */
  constructor(length: number) {
    if (!Number.isSafeInteger(length) || length <= 0) {
      throw new RangeError(`Message size of ${length} is not a whole number above 0`);
    }
    this.maxBytes = length;
  }

  decode(buffer: ReceiveBuffer): Buffer | null {
    if (buffer.has(this.maxBytes)) return buffer.take(this.maxBytes);
    buffer.expect(this.maxBytes);
    return null;
  }

  /** @throws {RangeError} when `message` is of another size */
  encode(message: Uint8Array | string): Uint8Array {
    const bytes = outgoingBytes(message);
    if (bytes.length === this.maxBytes) return bytes;
    throw new RangeError(`Cannot encode ${bytes.length} bytes: every message has ${this.maxBytes}`);
  }
}
