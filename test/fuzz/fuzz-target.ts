import type { SeededRandom } from "../../src/testing/seeded-random.ts";

/** Something that must hold for every input. */
export interface FuzzTarget {
  readonly name: string;
  /** Makes one input and tries it. @throws when what must hold does not */
  run(random: SeededRandom): void;
}

/** A run that failed; the seed repeats it as the first run. */
export interface FuzzFailure {
  readonly target: string;
  readonly seed: number;
  readonly error: unknown;
}
