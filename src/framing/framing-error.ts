export class FramingError extends Error {
  override readonly name: string = "FramingError";
}
export class FrameTooLongError extends FramingError {
  override readonly name = "FrameTooLongError";
  readonly length: number;
  readonly maxLength: number;
  constructor(what: string, length: number, maxLength: number) {
    super(`${what} of ${length} bytes: at most ${maxLength} are allowed`);
    this.length = length;
    this.maxLength = maxLength;
  }
}
