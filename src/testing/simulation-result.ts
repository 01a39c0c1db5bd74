import type { FaultKind } from "./fault-kind.ts";
import type { Decision } from "./schedule.ts";

/** What happened in one simulated run. */
export interface SimulationResult {
  readonly seed: number;
  /** How much virtual time it took, in milliseconds. */
  readonly durationMs: number;
  /** How many events there were. */
  readonly steps: number;
  /** The faults that took effect. */
  readonly faults: readonly FaultKind[];
  /** The decisions that took effect, in order; the same for the same seed. */
  readonly decisions: readonly Decision[];
  /** What happened, a line each; the same for the same seed, byte for byte. */
  readonly trace: readonly string[];
}

/** An invariant did not hold in a simulated run; `cause` is what its check threw. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
  readonly result: SimulationResult;

  constructor(message: string, result: SimulationResult, cause: Error) {
    super(message, { cause });
    this.result = result;
  }
}
