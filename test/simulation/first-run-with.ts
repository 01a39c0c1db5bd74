import type { FaultKind } from "../../src/testing/fault-kind.ts";
import { simulate } from "../../src/testing/simulate.ts";
import type { Scenario } from "../../src/testing/simulated-network.ts";
import type { SimulationResult } from "../../src/testing/simulation-result.ts";

/** Among so many runs with one fault alone there is one in which it takes effect. */
const MAX_SEEDS = 500;

/** Runs a scenario with one fault alone, from seed to seed, up to where that has taken effect. */
export function firstRunWith(fault: FaultKind, scenario: Scenario): SimulationResult {
  for (let seed = 0; seed < MAX_SEEDS; seed++) {
    const result = simulate(seed, scenario, { faults: [fault] });
    if (result.faults.includes(fault)) return result;
  }
  throw new Error(`In ${MAX_SEEDS} runs there was no ${fault}`);
}
