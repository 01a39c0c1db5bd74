import type { EncodedMessage } from "./codec.ts";

/** Up to here a copy costs less than handing a transport several chunks. */
const MAX_COPIED_BYTES = 4096;

/**
 * The bytes of a message: itself, or the UTF-8 form of a string.
 *
 * @throws {TypeError} when it is a string with a lone surrogate, which has no UTF-8 form
 */
export function messageBytes(message: Uint8Array | string): Uint8Array {
  if (typeof message !== "string") return message;
  if (message.isWellFormed()) return Buffer.from(message);
  throw new TypeError(`Cannot encode a string of ${message.length}: it has a lone surrogate`);
}

/** The pieces of a message as one chunk where that is cheap, or else as they are. */
export function joinPieces(pieces: readonly Uint8Array[]): EncodedMessage {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length <= MAX_COPIED_BYTES ? Buffer.concat(pieces, length) : pieces;
}
