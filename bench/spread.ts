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

/**
 * The spread over the rounds of how two things compare that were measured slice beside slice. Each
 * slice is divided by the one beside it, which had the same luck with the machine, and a round is
 * the median of its slices.
 *
 * @throws {RangeError} when the slices are not as many, or make no whole rounds
 */
export function spreadOfRatios(
  slices: readonly number[],
  baseline: readonly number[],
  slicesPerRound: number,
): Spread {
  if (slices.length !== baseline.length || slices.length % slicesPerRound !== 0) {
    throw new RangeError(
      `Cannot compare ${slices.length} slices with ${baseline.length}, ${slicesPerRound} a round`,
    );
  }
  const ratios = slices.map((slice, index) => slice / (baseline[index] ?? Number.NaN));
  return spreadOf(groupsOf(ratios, slicesPerRound).map((round) => spreadOf(round).median));
}

/** `items` in groups of `count`, in order. */
export function groupsOf<T>(items: readonly T[], count: number): T[][] {
  const groups: T[][] = [];
  for (let first = 0; first < items.length; first += count) {
    groups.push(items.slice(first, first + count));
  }
  return groups;
}
