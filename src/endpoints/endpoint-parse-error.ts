/**
 * An endpoint string cannot be used: it is malformed, has an unknown type or keyword, a value that
 * makes no sense, or names a file that cannot be read. `serverFromString`, `clientFromString` and
 * their likes throw it for every bad string, and throw nothing else.
 */
export class EndpointParseError extends Error {
  override readonly name = "EndpointParseError";
  /** The whole string. */
  readonly description: string;
  /** The part of it that is wrong, as it was written. */
  readonly part: string;
  /** Where that part begins, in characters from 0. */
  readonly position: number;

  /** @param detail what is wrong, to follow the string in the message */
  constructor(place: DescriptionPlace, detail: string, options: { readonly cause?: unknown } = {}) {
    const { description, text, position } = place;
    const where = `in "${text}" at position ${position}`;
    super(`Cannot use endpoint "${description}": ${detail} (${where})`, options);
    this.description = description;
    this.part = text;
    this.position = position;
  }
}

/** A piece of an endpoint string. */
export interface DescriptionPlace {
  /** The whole string. */
  readonly description: string;
  /** The piece, as it was written. */
  readonly text: string;
  /** Where it begins, in characters from 0. */
  readonly position: number;
}
