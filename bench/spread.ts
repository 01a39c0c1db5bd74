/** What several rounds measured of one thing. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** One for each round, in order. */
  readonly samples: readonly number[];
}

/**
 * The spread of `samples`.
 *
 * @throws {RangeError} when there is none, or one is not a finite number
 */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b);
  const min = sorted.at(0);
  const max = sorted.at(-1);
  if (min === undefined || max === undefined || !samples.every(Number.isFinite)) {
    throw new RangeError(`Cannot spread [${samples.join(", ")}]: finite numbers are needed`);
  }
  const upper = sorted[sorted.length >> 1] ?? max;
  const lower = sorted[(sorted.length - 1) >> 1] ?? min;
  return { min, median: (lower + upper) / 2, max, samples: [...samples] };
}

/** The spread of the quotients of two things measured in the same rounds. */
export function spreadOfRatios(samples: readonly number[], baseline: readonly number[]): Spread {
  if (samples.length !== baseline.length) {
    throw new RangeError(`Cannot compare ${samples.length} rounds with ${baseline.length}`);
  }
  return spreadOf(samples.map((sample, round) => sample / (baseline[round] ?? Number.NaN)));
}
