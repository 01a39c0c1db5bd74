import type { FaultKind } from "./fault-kind.ts";

/** The bounds of a simulated run, and what may go wrong in it. */
export interface SimulationOptions {
  /** The faults that there may be; all of them unless told. */
  readonly faults?: readonly FaultKind[];
  /** The decisions that may go against the protocols, by the keys that a report shows. */
  readonly only?: readonly string[];
  /**
   * How long a conversation that never ends by itself goes on before everything is closed, in
   * milliseconds of virtual time. Unless told it goes on until nothing is to come any more.
   */
  readonly durationMs?: number;
  /** How many events there may be before a run counts as endless; 100000 unless told. */
  readonly maxSteps?: number;
  /** How much may wait to be sent in any transport, in bytes; 16 MiB unless told. */
  readonly maxBufferedBytes?: number;
  /** IP addresses that the host has besides 127.0.0.0/8 and ::1. */
  readonly localHosts?: Iterable<string>;
}

/** The bounds that hold for one run. */
export interface SimulationLimits {
  readonly durationMs: number;
  readonly maxSteps: number;
  readonly maxBufferedBytes: number;
}

/** A hundred times what a conversation of some kilobytes takes on the worst network. */
const DEFAULT_MAX_STEPS = 100_000;

/** What a transport keeps by itself: the default of its hard limit. */
const DEFAULT_MAX_BUFFERED_BYTES = 16_777_216;

/**
 * The bounds, where none is given the default.
 *
 * @throws {RangeError} for one that is not a number of at least 0
 */
export function simulationLimits(options: SimulationOptions): SimulationLimits {
  const {
    durationMs = Number.POSITIVE_INFINITY,
    maxSteps = DEFAULT_MAX_STEPS,
    maxBufferedBytes = DEFAULT_MAX_BUFFERED_BYTES,
  } = options;
  for (const [name, value] of Object.entries({ durationMs, maxSteps, maxBufferedBytes })) {
    if (!(value >= 0)) throw new RangeError(`${name} of ${value} is not a number of at least 0`);
  }
  return { durationMs, maxSteps, maxBufferedBytes };
}
