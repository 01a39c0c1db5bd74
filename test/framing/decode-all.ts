import type { Codec } from "../../src/framing/codec.ts";
import { FramingError } from "../../src/framing/framing-error.ts";
import { ReceiveBuffer } from "../../src/framing/receive-buffer.ts";

/** What a codec made of a stream of bytes. */
export interface Decoded<In> {
  readonly messages: In[];
  /** What was wrong with the bytes behind them; null when nothing was. */
  readonly error: FramingError | null;
}

/** Memory that a buffer may hold whatever the codec's limit is. */
const SMALL_BYTES = 256;

/**
 * Feeds chunks to a codec, as a protocol does.
 *
 * @throws {Error} when the codec throws anything but a `FramingError`, or more bytes wait, or more
 * memory is held, than it allows
 */
export function decodeAll<In>(codec: Codec<In, never>, chunks: Iterable<Buffer>): Decoded<In> {
  const buffer = new ReceiveBuffer();
  const messages: In[] = [];
  for (const chunk of chunks) {
    buffer.append(chunk);
    try {
      for (let message = codec.decode(buffer); message !== null; message = codec.decode(buffer)) {
        messages.push(message);
      }
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      return { messages, error };
    }
    buffer.settle();
    checkLimits(buffer, codec.maxBytes);
  }
  return { messages, error: null };
}

function checkLimits(buffer: ReceiveBuffer, maxBytes: number): void {
  if (buffer.length > maxBytes) {
    throw new Error(`${buffer.length} bytes wait, the limit is ${maxBytes}`);
  }
  if (buffer.heldBytes > Math.max(SMALL_BYTES, 2 * buffer.length)) {
    throw new Error(`${buffer.heldBytes} bytes are held for ${buffer.length}`);
  }
  if (buffer.heldBytes > Math.max(SMALL_BYTES, maxBytes)) {
    throw new Error(`${buffer.heldBytes} bytes are held, the limit is ${maxBytes}`);
  }
}
