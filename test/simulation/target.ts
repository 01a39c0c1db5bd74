import type { Scenario } from "../../src/testing/simulated-network.ts";
import type { SimulationOptions } from "../../src/testing/simulation-options.ts";

/** Something of ours that must survive every schedule. */
export interface Target {
  readonly name: string;
  readonly scenario: Scenario;
  /** How many runs of another target one run of this one takes; 1 unless told. */
  readonly cost?: number;
  /** What differs from the usual. */
  readonly options?: SimulationOptions;
}

/** Where the server of every target is. */
export const HOST = "127.0.0.1";
export const PORT = 7;
