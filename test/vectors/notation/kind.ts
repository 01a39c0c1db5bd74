import type { NotationError, Place } from "./place.ts";

/** One kind of value that a vector may have: what it may be, and what it stands for. */
export interface Kind<T> {
  /** What is needed, such as `a whole number`. */
  readonly name: string;
  /**
   * What `json` stands for.
   *
   * @throws {NotationError} when it is not of this kind
   */
  read(json: unknown, at: Place): T;
  /** The words of the notation that there are in it, below `word`; `read` notes which it met. */
  words(word: string): string[];
}

/** What a kind reads. */
export type ReadOf<K> = K extends Kind<infer T> ? T : never;

/** A kind that makes something else of what another one reads. */
export function mapped<T, U>(kind: Kind<T>, map: (value: T, at: Place) => U): Kind<U> {
  return {
    name: kind.name,
    read: (json, at) => map(kind.read(json, at), at),
    words: (word) => kind.words(word),
  };
}

/** The error of a value that is not of the kind that is needed. */
export function notA(needed: string, json: unknown, at: Place): NotationError {
  return at.error(`is ${JSON.stringify(json)}: ${needed} is needed`);
}
