/**
 * The syntax of endpoint strings, apart from what they mean: parts between colons, of which each is
 * a value by its place or, with an equals sign, a value by its name. A backslash takes any
 * character after it for what it is; behind the first equals sign of a part the others are plain
 * characters.
 */
import { type DescriptionPlace, EndpointParseError } from "./endpoint-parse-error.ts";

/** What stands between two colons. */
export interface DescriptionPart extends DescriptionPlace {
  /** The keyword before the equals sign, or null where there is none. */
  readonly name: string | null;
  readonly value: string;
}

/** An endpoint string by its meaning: what kind of endpoint it is, and what is said of it. */
export interface TypedParts {
  readonly type: DescriptionPart;
  readonly parts: readonly DescriptionPart[];
}

/**
 * The parts of `description`, of which the first is the type.
 *
 * @throws {EndpointParseError} when a backslash at the end has nothing to escape
 */
export function splitDescription(description: string): DescriptionPart[] {
  const parts: DescriptionPart[] = [];
  let position = 0;
  let name: string | null = null;
  let value = "";
  for (let index = 0; index <= description.length; index++) {
    const character = description[index];
    if (character === undefined || character === ":") {
      parts.push({ description, name, value, position, text: description.slice(position, index) });
      position = index + 1;
      name = null;
      value = "";
    } else if (character === "=" && name === null) {
      name = value;
      value = "";
    } else if (character === "\\") {
      index++;
      value += description[index] ?? danglingBackslash(description, index - 1);
    } else {
      value += character;
    }
  }
  return parts;
}

/**
 * Parts with their type apart.
 *
 * @throws {EndpointParseError} when the first one cannot be a type
 */
export function typed([type, ...parts]: readonly DescriptionPart[]): TypedParts {
  if (type !== undefined && type.name === null && type.value !== "") return { type, parts };
  const place = type ?? { description: "", text: "", position: 0 };
  throw new EndpointParseError(place, "there is no type before the first colon");
}

/**
 * `argument` as it has to be written in an endpoint string to be taken for what it is, by its place
 * or by name: `tcp:80:interface=${quoteStringArgument("::1")}`.
 */
export function quoteStringArgument(argument: string): string {
  return argument.replace(/[\\:=]/g, "\\$&");
}

function danglingBackslash(description: string, position: number): never {
  const place = { description, text: "\\", position };
  throw new EndpointParseError(place, "the backslash at the end escapes nothing");
}
