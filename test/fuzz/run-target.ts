import { SeededRandom } from "../../src/testing/seeded-random.ts";
import type { FuzzFailure, FuzzTarget } from "./fuzz-target.ts";

/**
 * Tries `runs` inputs, each from a seed of its own, one after the other from `seed` on.
 *
 * @returns the first failure; null when there was none
 */
export function runTarget(target: FuzzTarget, runs: number, seed: number): FuzzFailure | null {
  for (let run = 0; run < runs; run++) {
    const ownSeed = (seed + run) >>> 0;
    try {
      target.run(new SeededRandom(ownSeed));
    } catch (error) {
      return { target: target.name, seed: ownSeed, error };
    }
  }
  return null;
}
