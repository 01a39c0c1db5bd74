import { type Scenario, SimulatedNetwork } from "./simulated-network.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import type { SimulationResult } from "./simulation-result.ts";

/**
 * Runs a scenario once, on the network that `seed` makes. The same seed makes the same network, and
 * the same trace to the last byte.
 *
 * @param seed a whole number, of which the lower 32 bits count
 * @throws {RangeError} for a seed that is no whole number, a bad limit, or a fault there is not
 * @throws {BrokenInvariant} when a check of the scenario or of the network does not hold
 */
export function simulate(
  seed: number,
  scenario: Scenario,
  options: SimulationOptions = {},
): SimulationResult {
  const network = new SimulatedNetwork({ ...options, seed });
  network.begin(scenario);
  return network.finish();
}
