/** The peer sent bytes that are not of the format; the classes below say what is wrong. */
export class FramingError extends Error {
  override readonly name: string = "FramingError";
}

/** A message is longer than it may be. Found as early as it can be known, before the rest came. */
export class FrameTooLongError extends FramingError {
  override readonly name = "FrameTooLongError";
  /** How long the message is, in bytes; or at least, where it does not say that in front. */
  readonly length: number;
  /** How long it may be, in bytes. */
  readonly maxLength: number;

  /** @param what the message, to begin the sentence with, such as `Line` */
  constructor(what: string, length: number, maxLength: number) {
    super(`${what} of ${length} bytes or more is too long: ${maxLength} are allowed`);
    this.length = length;
    this.maxLength = maxLength;
  }
}

/** A message does not follow the rules of its format. */
export class MalformedFrameError extends FramingError {
  override readonly name = "MalformedFrameError";
}

/** What was to be sent is longer than its length field can say; nothing was sent. */
export class StringTooLongError extends RangeError {
  override readonly name = "StringTooLongError";
}
