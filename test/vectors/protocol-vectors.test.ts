import { describe, expect, test } from "bun:test";
import { ALL_GROUPS, groupOf } from "./all-groups.ts";
import { changeExpectations } from "./unnoticed-changes.ts";
import { loadVectorFiles } from "./vector-files.ts";
import { type JSONVector, mismatch, type Observation } from "./vector-group.ts";

const FILES = loadVectorFiles();

const OBSERVATIONS = new Map<JSONVector, Promise<readonly Observation[]>>();

/** Runs a vector, once for all tests. */
function observed(vector: JSONVector): Promise<readonly Observation[]> {
  const known = OBSERVATIONS.get(vector) ?? groupOf(vector).read(vector).observe();
  OBSERVATIONS.set(vector, known);
  return known;
}

for (const { name, vectors } of FILES) {
  describe(`The vectors of ${name}`, () => {
    for (const vector of vectors) {
      test(`${vector["group"]} ${vector["id"]}: ${vector["note"] ?? vector["basis"]}`, async () => {
        const { expected } = groupOf(vector).read(vector);
        expect(mismatch(await observed(vector), expected)).toBeNull();
      });
    }
  });

  describe(`The vectors of ${name} can fail`, () => {
    for (const group of ALL_GROUPS) {
      const own = vectors.filter((vector) => vector["group"] === group.name);
      if (own.length === 0) continue;
      test(`${group.name}: no change of what is expected goes unnoticed`, async () => {
        for (const vector of own) {
          const { tried, unnoticed } = changeExpectations(group, vector, await observed(vector));
          expect(unnoticed).toEqual([]);
          expect(tried).toBeGreaterThan(0);
        }
      });
    }
  });
}
