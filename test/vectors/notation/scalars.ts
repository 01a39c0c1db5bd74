import { type Kind, mapped, notA, type ReadOf } from "./kind.ts";
import { NotationError } from "./place.ts";

/** A kind that has no parts and no words. */
function scalar<T>(name: string, accepts: (json: unknown) => json is T): Kind<T> {
  return {
    name,
    words: () => [],
    read(json, at) {
      if (accepts(json)) return json;
      throw notA(name, json, at);
    },
  };
}

/** A text, of any characters. */
export const text = scalar("a text", (json) => typeof json === "string");

/** A text of a certain form. @param form matches all of it */
export function matching(name: string, form: RegExp): Kind<string> {
  return scalar(name, (json): json is string => typeof json === "string" && form.test(json));
}

/** A number that is not a fraction and not below 0. */
export const wholeNumber = scalar(
  "a whole number of at least 0",
  (json): json is number => Number.isSafeInteger(json) && (json as number) >= 0,
);

/** Any number. */
export const number = scalar("a number", (json) => typeof json === "number");

/** An amount that was computed, to the millionth, as `onMicrosecondGrid` has times. */
export const amount = mapped(number, toMillionths);

/** A time in seconds, read as milliseconds. */
export const seconds = mapped(scalar("a number of seconds", isNumber), (value) =>
  onMicrosecondGrid(value * 1_000),
);

/** True or false. */
export const flag: Kind<boolean> = choice(true, false);

/** One of some values that are all known. */
export function choice<const V extends readonly (string | number | boolean)[]>(
  ...values: V
): Kind<V[number]> {
  const name = values.length === 1 ? shown(values[0]) : `one of ${values.map(shown).join(", ")}`;
  return {
    name,
    words: (word) => values.map((value) => `${word}=${value}`),
    read(json, at) {
      const found = values.find((value) => value === json);
      if (found === undefined) throw notA(name, json, at);
      at.use(`${at.word}=${found}`);
      return found;
    },
  };
}

/** What may be null. */
export function nullable<T>(kind: Kind<T>): Kind<T | null> {
  const name = `${kind.name} or null`;
  return {
    name,
    words: (word) => [`${word}=null`, `${word}=${kind.name}`, ...kind.words(word)],
    read(json, at) {
      at.use(`${at.word}=${json === null ? "null" : kind.name}`);
      return json === null ? null : kind.read(json, at);
    },
  };
}

/** What is of one of some kinds. */
export function either<const K extends readonly Kind<unknown>[]>(
  ...kinds: K
): Kind<ReadOf<K[number]>> {
  const name = kinds.map((kind) => kind.name).join(" or ");
  return {
    name,
    words: (word) => kinds.flatMap((kind) => [`${word}: ${kind.name}`, ...kind.words(word)]),
    read(json, at) {
      for (const kind of kinds) {
        try {
          const value = kind.read(json, at) as ReadOf<K[number]>;
          at.use(`${at.word}: ${kind.name}`);
          return value;
        } catch (error) {
          if (!(error instanceof NotationError)) throw error;
        }
      }
      throw notA(name, json, at);
    },
  };
}

/** A number to the millionth; see `onMicrosecondGrid`. */
export function toMillionths(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/**
 * A time to the microsecond. Times that were added up in another order, or in another unit, differ
 * by less, because numbers are binary fractions; a vector does not mean that.
 */
export function onMicrosecondGrid(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function isNumber(json: unknown): json is number {
  return typeof json === "number";
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
