import type { Kind, ReadOf } from "./notation/kind.ts";
import { NotationError, Place } from "./notation/place.ts";
import { choice, text } from "./notation/scalars.ts";
import { fields, type FieldsOf, withDefault } from "./notation/shapes.ts";
import { firstDifference } from "./strict-comparison.ts";

/** A vector as it stands in its file. */
export type JSONVector = Readonly<Record<string, unknown>>;

/** What one way of running a vector led to; every way must lead to what is expected. */
export interface Observation {
  /** Such as `in chunks of 3 bytes`. */
  readonly how: string;
  readonly outcome: unknown;
}

/** A vector that keeps to the notation. */
export interface ReadVector {
  readonly expected: unknown;
  /** Runs it; what it expects has no part in that. */
  observe(): Promise<readonly Observation[]>;
}

/** The vectors of one kind: their notation, and how they are run. */
export interface VectorGroup {
  readonly name: string;
  /** All words of the notation. */
  readonly words: readonly string[];
  /**
   * @param used gets the words that the vector uses
   * @throws {NotationError} when the vector does not keep to the notation
   */
  read(json: JSONVector, used?: Set<string>): ReadVector;
}

/** Where vectors may come from; `meta` of the file describes it. */
const BASES = ["twisted", "spec", "strict", "consistency", "better", "beyond"] as const;

/** What every vector has, but its expectation. */
const HEAD = {
  id: text,
  group: text,
  basis: choice(...BASES),
  note: withDefault(text, ""),
  twistedError: withDefault(text, ""),
};

type AnyKinds = Readonly<Record<string, Kind<unknown>>>;

type InputOf<I extends AnyKinds> = FieldsOf<I> & FieldsOf<typeof HEAD>;

/** What makes a group. */
export interface GroupDefinition<I extends AnyKinds, E extends Kind<unknown>> {
  readonly name: string;
  /** The keys that a vector of the group has besides those that every vector has. */
  readonly input: I;
  readonly expect: E;
  /** What the expectation stands for, where that depends on the input; itself by default. */
  expected?(expect: ReadOf<E>, input: InputOf<I>): unknown;
  /**
   * Runs a vector in every way in which it is to hold. It cannot see the expectation, so it cannot
   * make its result of it.
   */
  observe(input: InputOf<I>): Iterable<Observation> | Promise<Iterable<Observation>>;
}

/** A group by its definition. */
export function vectorGroup<I extends AnyKinds, E extends Kind<unknown>>(
  definition: GroupDefinition<I, E>,
): VectorGroup {
  const { name, input, expect } = definition;
  const all = fields({ ...HEAD, ...input, expect });
  const inputWords = fields(input).words("");
  return {
    name,
    words: [...new Set([...inputWords, ...expect.words("expect")])],
    read(json, used) {
      const id = String(json["id"] ?? "a vector without id");
      const { expect: written, ...rest } = all.read(json, new Place(id, used)) as unknown as {
        readonly expect: ReadOf<E>;
      };
      const given = rest as unknown as InputOf<I>;
      const expected = naming(id, () => definition.expected?.(written, given) ?? written);
      return { expected, observe: () => observing(id, () => definition.observe(given)) };
    },
  };
}

async function observing(
  id: string,
  observe: () => Iterable<Observation> | Promise<Iterable<Observation>>,
): Promise<Observation[]> {
  try {
    return [...(await observe())];
  } catch (error) {
    throw withName(id, error);
  }
}

function naming<T>(id: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw withName(id, error);
  }
}

/** What is found out about the notation once it is read does not know which vector that was. */
function withName(id: string, error: unknown): unknown {
  return error instanceof NotationError ? new NotationError(`${id}: ${error.message}`) : error;
}

/** The only observation of a vector that is run in one way. */
export function once(outcome: unknown): Observation[] {
  return [{ how: "as it stands", outcome }];
}

/** In which way a vector does not hold, and why; null when it holds in all. */
export function mismatch(observations: readonly Observation[], expected: unknown): string | null {
  if (observations.length === 0) return "nothing was observed";
  for (const { how, outcome } of observations) {
    const difference = firstDifference(outcome, expected);
    if (difference !== null) return `${how}: ${difference}`;
  }
  return null;
}
