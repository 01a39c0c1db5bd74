import type { EncodedMessage } from "./codec.ts";

/** Up to here a copy costs less than handing a transport several chunks. */
const MAX_COPIED_BYTES = 4096;

/** The pieces of a message as one chunk where that is cheap, or else as they are. */
export function joinPieces(pieces: readonly Uint8Array[]): EncodedMessage {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length <= MAX_COPIED_BYTES ? Buffer.concat(pieces, length) : pieces;
}
