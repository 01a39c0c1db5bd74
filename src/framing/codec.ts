import type { ReceiveBuffer } from "./receive-buffer.ts";

/** What an encoded message is: bytes, text (sent as UTF-8), or several of these in order. */
export type EncodedMessage = Uint8Array | string | readonly (Uint8Array | string)[];

/**
 * A wire format: cuts messages out of a stream of bytes, and puts them into one. Implement it for
 * a format of your own and give it to a `FramedProtocol`. One codec serves one connection, so it
 * may keep state between calls.
 *
 * @typeParam In the messages that are received; null is none of them
 * @typeParam Out the messages that are sent
 */
export interface Codec<In, Out = In> {
  /**
   * How many bytes may wait for the rest of their message. When more do and `decode` still finds
   * none, the message is too long, and the connection fails with a `FrameTooLongError`.
   */
  readonly maxBytes: number;

  /**
   * Takes the first message from `buffer`, and nothing of the next. Called again at once after
   * each message, and each time more bytes have come. What it has not taken stays.
   *
   * @returns null when the message is not complete, and then takes nothing that it will need
   * @throws {FramingError} when these bytes are not of this format; nothing can be decoded any more
   */
  decode(buffer: ReceiveBuffer): In | null;

  /** What to send for `message`. @throws when this format has no way to say it */
  encode(message: Out): EncodedMessage;
}
