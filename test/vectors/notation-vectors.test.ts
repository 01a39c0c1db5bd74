import { describe, expect, test } from "bun:test";
import { ALL_GROUPS } from "./all-groups.ts";
import { changesOf } from "./json-changes.ts";
import { NotationError } from "./notation/place.ts";
import { loadVectorFiles } from "./vector-files.ts";
import { type JSONVector, mismatch, type VectorGroup } from "./vector-group.ts";

/** What every vector has, which is not about what is run. */
const HEAD_KEYS = ["id", "group", "basis", "note", "twistedError", "expect"];

/** Words that change nothing which could be seen, each with the reason. */
const WITHOUT_EFFECT = new Map([
  ["clock.onFire.b.cancel", "what is behind a throw is not done, says the vector"],
  ["clock.onFire.b.cancel.1", "what is behind a throw is not done, says the vector"],
  ["wire.discard.chunks", "the service never answers"],
  ["netstring.rechunk", "a string is the same in every chunking"],
  ["int8.rechunk", "a string is the same in every chunking"],
  ["int16.rechunk", "a string is the same in every chunking"],
  ["int32.rechunk", "a string is the same in every chunking"],
]);

const VECTORS = loadVectorFiles().find(({ name }) => name === "notation-vectors.json")?.vectors;

function vectorsOf(group: VectorGroup): JSONVector[] {
  return (VECTORS ?? []).filter((vector) => vector["group"] === group.name);
}

/** What goes wrong when a vector is read and run; null when it holds. */
async function failureOf(group: VectorGroup, vector: JSONVector): Promise<unknown> {
  try {
    const { observe, expected } = group.read(vector);
    return mismatch(await observe(), expected);
  } catch (error) {
    return error;
  }
}

/** The words of a group's input of which no change makes its vectors fail. */
async function wordsWithoutEffect(group: VectorGroup): Promise<string[]> {
  const effects = new Map<string, boolean>();
  for (const vector of vectorsOf(group)) {
    const input = Object.entries(vector).filter(([key]) => !HEAD_KEYS.includes(key));
    for (const { word, value } of changesOf(Object.fromEntries(input))) {
      const name = `${group.name}${word}`;
      if (word === "" || effects.get(name) === true) continue;
      const failure = await failureOf(group, { ...headOf(vector), ...(value as object) });
      // What breaks the notation would be noticed even if nothing were done with it.
      if (!(failure instanceof NotationError)) effects.set(name, failure !== null);
    }
  }
  return [...effects].filter(([, hasEffect]) => !hasEffect).map(([name]) => name);
}

function headOf(vector: JSONVector): JSONVector {
  return Object.fromEntries(Object.entries(vector).filter(([key]) => HEAD_KEYS.includes(key)));
}

/** The keys whose lists, or whose values' lists, begin with a verb. */
const KEYS_OF_CALLS = ["ops", "triggers", "attempts", "onFire", "body"];

/** A vector once for each of its calls, with a verb that there is not. */
function* withUnknownVerbs(value: unknown): Generator<unknown> {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value) && typeof value[0] === "string") yield ["wibble", ...value.slice(1)];
  for (const [key, below] of Object.entries(value)) {
    for (const changed of withUnknownVerbs(below)) yield withValue(value, key, changed);
  }
}

function withValue(whole: object, key: string, value: unknown): unknown {
  return Array.isArray(whole) ? whole.with(Number(key), value) : { ...whole, [key]: value };
}

describe("The notation of the vectors", () => {
  for (const group of ALL_GROUPS) {
    test(`${group.name}: every word has a vector in notation-vectors.json`, () => {
      const used = new Set<string>();
      for (const vector of vectorsOf(group)) group.read(vector, used);
      expect(group.words.filter((word) => !used.has(word))).toEqual([]);
    });

    test(`${group.name}: no word of a vector is passed over`, async () => {
      const passedOver = await wordsWithoutEffect(group);
      const known = [...WITHOUT_EFFECT.keys()].filter((word) => word.startsWith(`${group.name}.`));
      expect(passedOver.sort()).toEqual(known.sort());
    });

    test(`${group.name}: a key that is unknown fails the run, wherever it is`, () => {
      for (const vector of vectorsOf(group)) {
        const wrong = [...changesOf(vector)].filter(({ what }) => what.endsWith("a wrong key"));
        expect(wrong.length).toBeGreaterThan(0);
        for (const { value } of wrong) {
          const read = () => group.read(value as JSONVector);
          expect(read).toThrow(NotationError);
          expect(read).toThrow(/^[^:]+: .*wibble.*(?:known are|needed)/);
        }
      }
    });

    test(`${group.name}: a verb that is unknown fails the run, wherever it is`, () => {
      for (const vector of vectorsOf(group)) {
        for (const key of KEYS_OF_CALLS) {
          for (const changed of withUnknownVerbs(vector[key])) {
            const read = () => group.read({ ...vector, [key]: changed });
            expect(read).toThrow(`${vector["id"]}: ${key}`);
            expect(read).toThrow('has the unknown verb "wibble": known are');
          }
        }
      }
    });
  }
});
