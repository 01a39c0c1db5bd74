import { inspect } from "node:util";

/**
 * What an option, or another value that a program hands in, may be. Bun checks no types when it
 * runs a program, and a value of the wrong kind may hang or do something else much later; so it is
 * refused where it is given.
 */
export interface OptionKind {
  /** Whether it may not be left out. */
  readonly isRequired: boolean;
  /**
   * @param place where it was given, such as `listenTCP: backlog`, for the message
   * @throws {TypeError} when `value` is something else altogether
   * @throws {RangeError} when it is a number that is out of range
   */
  check(place: string, value: unknown): void;
}

/** The options that something takes, by name. */
export type OptionTable = Readonly<Record<string, OptionKind>>;

/** As much of a value as a message shows. */
const MAX_SHOWN_LENGTH = 60;

/**
 * Has options refused that are none: no object at all, one of a name that is not in `table`, or of
 * a wrong kind. One that is `undefined` counts as left out.
 *
 * @param place who takes them, such as `listenTCP`
 * @throws {TypeError} @throws {RangeError} as `OptionKind.check`
 */
export function checkOptions(place: string, options: unknown, table: OptionTable): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(
      `${place}: the options are ${shown(options)}; ${objectOf(table)} is needed`,
    );
  }
  const values = options as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(values)) {
    if (Object.hasOwn(table, name) || value === undefined) continue;
    throw new TypeError(
      `${place}: there is no option ${shown(name)}; ${objectOf(table)} is needed`,
    );
  }
  for (const [name, kind] of Object.entries(table)) {
    const value = values[name];
    if (value !== undefined || kind.isRequired) kind.check(`${place}: ${name}`, value);
  }
}

/** How a message shows a value, whatever that is. */
export function shown(value: unknown): string {
  const text = shownInFull(value);
  return text.length <= MAX_SHOWN_LENGTH ? text : `${text.slice(0, MAX_SHOWN_LENGTH)}...`;
}

function shownInFull(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  try {
    return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  } catch {
    return "something that cannot be shown";
  }
}

function objectOf(table: OptionTable): string {
  return `an object with some of ${Object.keys(table).join(", ")}`;
}
