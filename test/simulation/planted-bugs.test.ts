import { describe, expect, test } from "bun:test";
import { ExplorationError, explore } from "../../src/testing/explore.ts";
import { simulate } from "../../src/testing/simulate.ts";
import type { Scenario } from "../../src/testing/simulated-network.ts";
import { BrokenInvariant } from "../../src/testing/simulation-result.ts";
import {
  CarefulCapitals,
  ForgetfulCapitals,
  HastyLengths,
  HastyOracle,
  PatientLengths,
  PoliteOracle,
} from "./naive-protocols.ts";
import { capitalsScenario, lengthsScenario, oracleScenario } from "./naive-scenarios.ts";
import { anySeed } from "./any-seed.ts";

/** What the fault is, who has it, and who has not. */
const FAULTS: readonly [fault: string, with_: Scenario, without: Scenario][] = [
  [
    "a tail lost at a half-close",
    capitalsScenario(() => new ForgetfulCapitals()),
    capitalsScenario(() => new CarefulCapitals()),
  ],
  [
    "a length read across the border of a chunk",
    lengthsScenario(() => new HastyLengths()),
    lengthsScenario(() => new PatientLengths()),
  ],
  [
    "a write after the close",
    oracleScenario((reactor) => new HastyOracle(reactor)),
    oracleScenario((reactor) => new PoliteOracle(reactor)),
  ],
];

const RUNS = 1_000;

describe("explore", () => {
  for (const [fault, faulty, correct] of FAULTS) {
    test(`finds ${fault}, and says how to see it again`, () => {
      const error = explorationError({ runs: RUNS, seed: anySeed() }, faulty);
      const { seed, only } = error;
      expect(error.message).toContain(`simulate(${seed}, scenario, { only: ["`);
      expect(() => simulate(seed, faulty, { only })).toThrow(BrokenInvariant);
    });

    test(`finds no more than is needed for ${fault}`, () => {
      const { seed, only } = explorationError({ runs: RUNS, seed: anySeed() }, faulty);
      for (const key of only) simulate(seed, faulty, { only: only.filter((each) => each !== key) });
    });

    test(`finds ${fault} only where it is`, () => {
      explore({ runs: RUNS, seed: anySeed() }, correct);
    });
  }
});

/** What `explore` finds. */
function explorationError(
  options: { readonly runs: number; readonly seed: number },
  scenario: Scenario,
): ExplorationError {
  try {
    explore(options, scenario);
  } catch (error) {
    if (error instanceof ExplorationError) return error;
    throw error;
  }
  return expect.unreachable(`Nothing was found from seed ${options.seed} on`);
}
