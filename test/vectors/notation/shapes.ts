import { UNSAID } from "../strict-comparison.ts";
import { type Kind, notA, type ReadOf } from "./kind.ts";
import { dotted, type Place } from "./place.ts";

/** A kind that may be left out, and what it is then. */
export interface OptionalKind<T> extends Kind<T> {
  readonly absent: T;
}

type Arguments<K extends readonly Kind<unknown>[]> = { readonly [I in keyof K]: ReadOf<K[I]> };

type AnyKinds = Readonly<Record<string, Kind<unknown>>>;

/** What `fields` reads. */
export type FieldsOf<K extends AnyKinds> = { readonly [Name in keyof K]: ReadOf<K[Name]> };

/** What `verbs` reads: the verb and its arguments. */
export type VerbsOf<V extends Readonly<Record<string, readonly Kind<unknown>[]>>> = {
  [Verb in keyof V & string]: readonly [verb: Verb, ...Arguments<V[Verb]>];
}[keyof V & string];

/** A key or an argument that stands for `absent` when it is left out. */
export function withDefault<T, D>(kind: Kind<T>, absent: D): OptionalKind<T | D> {
  return { ...kind, absent };
}

/** A key of an expectation that a vector may leave open. */
export function unsaid<T>(kind: Kind<T>): OptionalKind<T | typeof UNSAID> {
  return withDefault<T, typeof UNSAID>(kind, UNSAID);
}

/** An object with these keys and no others; those that have a default may be left out. */
export function fields<K extends AnyKinds>(kinds: K): Kind<FieldsOf<K>> {
  const known = Object.keys(kinds).join(", ") || "none";
  return {
    name: `an object of ${known}`,
    words: (word) =>
      Object.entries(kinds).flatMap(([key, kind]) => {
        return [dotted(word, key), ...kind.words(dotted(word, key))];
      }),
    read(json, at) {
      const given = readObject(json, at);
      const odd = Object.keys(given).find((key) => !Object.hasOwn(kinds, key));
      if (odd !== undefined) throw at.error(`has the unknown key "${odd}": known are ${known}`);
      const read = Object.entries(kinds).map(([key, kind]) => {
        if (Object.hasOwn(given, key)) return [key, readKey(kind, given[key], at.key(key))];
        if (isOptional(kind)) return [key, kind.absent];
        throw at.error(`lacks the key "${key}": ${kind.name} is needed; known are ${known}`);
      });
      return Object.fromEntries(read) as FieldsOf<K>;
    },
  };
}

/** An object with any keys, whose values are of one kind. */
export function record<T>(kind: Kind<T>): Kind<ReadonlyMap<string, T>> {
  return {
    name: `an object of which each value is ${kind.name}`,
    words: (word) => kind.words(word),
    read(json, at) {
      const entries = Object.entries(readObject(json, at));
      return new Map(entries.map(([key, value]) => [key, kind.read(value, at.entry(key))]));
    },
  };
}

/** A list of any length, whose elements are of one kind. */
export function listOf<T>(kind: Kind<T>): Kind<readonly T[]> {
  return {
    name: `a list of which each element is ${kind.name}`,
    words: (word) => kind.words(word),
    read: (json, at) => readList(json, at).map((each, index) => kind.read(each, at.item(index))),
  };
}

/** A list of a certain length, each of whose elements has its own kind. */
export function tuple<const K extends readonly Kind<unknown>[]>(...kinds: K): Kind<Arguments<K>> {
  const name = `a list of ${kinds.map((kind) => kind.name).join(", ")}`;
  return {
    name,
    words: (word) => kinds.flatMap((kind) => kind.words(word)),
    read(json, at) {
      const given = readList(json, at);
      if (given.length !== kinds.length) throw notA(name, json, at);
      const read = kinds.map((kind, index) => kind.read(given[index], at.item(index)));
      return read as unknown as Arguments<K>;
    },
  };
}

/** A list of a verb and its arguments, such as `["advance", 1]`. */
export function verbs<const V extends Readonly<Record<string, readonly Kind<unknown>[]>>>(
  kinds: V,
): Kind<VerbsOf<V>> {
  const known = Object.keys(kinds).join(", ");
  return {
    name: `a list that begins with one of ${known}`,
    words: (word) => Object.entries(kinds).flatMap((entry) => wordsOfVerb(word, ...entry)),
    read(json, at) {
      const [verb, ...given] = readList(json, at);
      if (typeof verb !== "string" || !Object.hasOwn(kinds, verb)) {
        throw at.error(`has the unknown verb ${JSON.stringify(verb)}: known are ${known}`);
      }
      at.use(dotted(at.word, verb));
      return [verb, ...readArguments(verb, kinds[verb] ?? [], given, at)] as unknown as VerbsOf<V>;
    },
  };
}

/** An object whose kind is known by one of its keys. */
export function byKey<const K extends AnyKinds>(kinds: K): Kind<ReadOf<K[keyof K]>> {
  const known = Object.keys(kinds).join(", ");
  return {
    name: `an object with one of the keys ${known}`,
    words: (word) => Object.values(kinds).flatMap((kind) => kind.words(word)),
    read(json, at) {
      const given = readObject(json, at);
      const found = Object.entries(kinds).find(([key]) => Object.hasOwn(given, key));
      if (found === undefined) throw notA(`an object with one of the keys ${known}`, json, at);
      return found[1].read(json, at) as ReadOf<K[keyof K]>;
    },
  };
}

/** An object whose `type` says of which kind it is. */
export function byType<const K extends AnyKinds>(kinds: K): Kind<ReadOf<K[keyof K]>> {
  const known = Object.keys(kinds).join(", ");
  const name = `an object whose type is one of ${known}`;
  return {
    name,
    words: (word) =>
      Object.entries(kinds).flatMap(([type, kind]) => kind.words(dotted(word, type))),
    read(json, at) {
      const { type } = readObject(json, at);
      const isKnown = typeof type === "string" && Object.hasOwn(kinds, type);
      const kind = isKnown ? kinds[type] : undefined;
      if (kind === undefined) throw notA(name, json, at);
      return kind.read(json, at.ofType(String(type))) as ReadOf<K[keyof K]>;
    },
  };
}

/** A kind that stands in several places, and has its words only once, below `name`. */
export function named<T>(name: string, kind: Kind<T>): Kind<T> {
  return {
    name: kind.name,
    words: () => kind.words(name),
    read: (json, at) => kind.read(json, at.named(name)),
  };
}

/** A kind that is defined further down, or contains itself. Its words are those of the other. */
export function lazily<T>(name: string, kind: () => Kind<T>): Kind<T> {
  return { name, words: () => [], read: (json, at) => kind().read(json, at) };
}

function wordsOfVerb(word: string, verb: string, kinds: readonly Kind<unknown>[]): string[] {
  const own = dotted(word, verb);
  const below = kinds.flatMap((kind, index) => {
    const argument = `${own}.${index + 1}`;
    return [argument, ...kind.words(argument)];
  });
  return [own, ...below];
}

function readArguments(
  verb: string,
  kinds: readonly Kind<unknown>[],
  given: readonly unknown[],
  at: Place,
): unknown[] {
  const needed = kinds.filter((kind) => !isOptional(kind)).length;
  if (given.length < needed || given.length > kinds.length) {
    const names = kinds.map(({ name }) => name).join(", ") || "none";
    throw at.error(`has ${given.length} arguments of ${verb}: ${names} are needed`);
  }
  return kinds.map((kind, index) => {
    const place = at.argument(verb, index + 1);
    if (index < given.length) return readKey(kind, given[index], place);
    return isOptional(kind) ? kind.absent : undefined;
  });
}

function readKey(kind: Kind<unknown>, json: unknown, at: Place): unknown {
  at.use(at.word);
  return kind.read(json, at);
}

function isOptional(kind: Kind<unknown>): kind is OptionalKind<unknown> {
  return "absent" in kind;
}

function readObject(json: unknown, at: Place): Readonly<Record<string, unknown>> {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) {
    return json as Readonly<Record<string, unknown>>;
  }
  throw notA("an object", json, at);
}

function readList(json: unknown, at: Place): readonly unknown[] {
  if (Array.isArray(json)) return json as readonly unknown[];
  throw notA("a list", json, at);
}
