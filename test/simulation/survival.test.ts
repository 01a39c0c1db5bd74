/** Our own protocols on hostile networks; `bun test/simulation/main.ts` runs many more of them. */
import { describe, expect, test } from "bun:test";
import { explore } from "../../src/testing/explore.ts";
import { TARGETS } from "./all-targets.ts";
import { anySeed } from "./any-seed.ts";

/** Of a target with a cost of 1. */
const KNOWN_RUNS = 100;
const OTHER_RUNS = 300;

/** The same each time, so that a change of ours does not hide behind another seed. */
const FIXED_SEED = 1_994;

describe("Hostile networks", () => {
  for (const { name, scenario, options, cost = 1 } of TARGETS) {
    test(`${name} survives the ones that it knows`, () => {
      const { faults } = explore(
        { ...options, runs: KNOWN_RUNS / cost, seed: FIXED_SEED },
        scenario,
      );
      // Without faults it would be no great deed.
      expect(Object.values(faults).filter((count) => count > 0).length).toBeGreaterThan(3);
    });

    test(`${name} survives others`, () => {
      explore({ ...options, runs: OTHER_RUNS / cost, seed: anySeed() }, scenario);
    });
  }
});
