/**
 * A message is longer than its carrier allows: a datagram above 65,507 bytes, a frame above its
 * codec's limit. Thrown at once; nothing of the message was sent.
 */
export class MessageLengthError extends Error {
  override readonly name = "MessageLengthError";
  readonly length: number;
  readonly maxLength: number;

  constructor(what: string, length: number, maxLength: number) {
    super(`Cannot send ${what} of ${length} bytes: at most ${maxLength} bytes fit`);
    this.length = length;
    this.maxLength = maxLength;
  }
}
