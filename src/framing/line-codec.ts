import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import { checkMaxLength } from "./check-max-length.ts";
import type { Codec } from "./codec.ts";
import { FrameTooLongError } from "./framing-error.ts";
import type { ReceiveBuffer } from "./receive-buffer.ts";

/** What ends a line unless told, as in most text protocols of the Internet. */
export const DEFAULT_DELIMITER = "\r\n";

/** The longest line unless told: what Twisted allows, and far more than text protocols send. */
export const DEFAULT_MAX_LINE_BYTES = 16_384;

/** How a `LineCodec` cuts. */
export interface LineCodecOptions {
  /** What ends a line; CR LF unless told. */
  readonly delimiter?: Uint8Array | string;
  /** How long a line may be, in bytes, without its delimiter; 16384 unless told. */
  readonly maxLength?: number;
  /** What happens to a longer one: the connection fails (the default), or the line is dropped. */
  readonly whenTooLong?: "fail" | "skip";
}

/**
 * Lines, each ended by a delimiter, which is not part of them. The leftmost delimiter ends a line;
 * bytes that only begin like one are data.
 */
export class LineCodec implements Codec<Buffer, Uint8Array | string> {
  readonly maxBytes: number;
  readonly #delimiter: Buffer;
  readonly #maxLength: number;
  readonly #whenTooLong: "fail" | "skip";
  #skipping = false;
  #skippedLines = 0;

  /** @throws {RangeError} when the delimiter is empty, or `maxLength` is not at least 0 */
  constructor(options: LineCodecOptions = {}) {
    const { delimiter = DEFAULT_DELIMITER, maxLength = DEFAULT_MAX_LINE_BYTES } = options;
    checkMaxLength(maxLength);
    // A copy: the owner of the bytes may change them.
    this.#delimiter = Buffer.from(outgoingBytes(delimiter));
    if (this.#delimiter.length === 0) {
      throw new RangeError("Cannot end lines with an empty delimiter");
    }
    this.#maxLength = maxLength;
    this.#whenTooLong = options.whenTooLong ?? "fail";
    this.maxBytes = maxLength + this.#delimiter.length;
  }

  /** How many over-long lines were dropped, the one under way included. */
  get skippedLines(): number {
    return this.#skippedLines;
  }

  /** @throws {FrameTooLongError} for an over-long line, unless those are skipped */
  decode(buffer: ReceiveBuffer): Buffer | null {
    do {
      if (this.#skipping) continue;
      const line = buffer.takeLine(this.#delimiter, this.#maxLength);
      if (line !== null) return line;
    } while (this.#skipLine(buffer));
    return null;
  }

  /** @throws {RangeError} when `line` holds the delimiter, or its end and the delimiter make one */
  encode(line: Uint8Array | string): Buffer {
    const bytes = outgoingBytes(line);
    const encoded = Buffer.concat([bytes, this.#delimiter]);
    if (encoded.indexOf(this.#delimiter) === bytes.length) return encoded;
    throw new RangeError(`Cannot encode a line of ${bytes.length} bytes: it holds the delimiter`);
  }

  /** Throws away the over-long line in front. Returns false when there is none, or it goes on. */
  #skipLine(buffer: ReceiveBuffer): boolean {
    if (!this.#skipping) {
      if (buffer.length <= this.#maxLength || this.#mayStillEnd(buffer)) {
        buffer.expect(this.maxBytes);
        return false;
      }
      if (this.#whenTooLong === "fail") {
        throw new FrameTooLongError("Line", this.#maxLength + 1, this.#maxLength);
      }
      this.#skippedLines++;
    }
    const rest = buffer.indexOf(this.#delimiter);
    this.#skipping = rest === -1;
    // At the end of what there is the delimiter may have begun.
    if (this.#skipping) buffer.skip(Math.max(0, buffer.length - this.#delimiter.length + 1));
    else buffer.skip(rest + this.#delimiter.length);
    return !this.#skipping;
  }

  /** Whether what is there may become a line that is not too long: its delimiter has begun. */
  #mayStillEnd(buffer: ReceiveBuffer): boolean {
    const { length } = buffer;
    for (let begun = length - this.#maxLength; begun < this.#delimiter.length; begun++) {
      const tail = buffer.peek(length).subarray(length - begun);
      if (tail.equals(this.#delimiter.subarray(0, begun))) return true;
    }
    return false;
  }
}
