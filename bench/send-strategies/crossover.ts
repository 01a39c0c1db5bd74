/** One chunk size, and how many times faster buffered was than immediate. */
export interface CrossoverPoint {
  readonly chunkBytes: number;
  readonly gain: number;
}

/** Below this buffered and immediate are taken to be equally fast: rounds differ by as much. */
const EQUAL_WITHIN = 1.05;

/**
 * From which chunk size on buffering gains nothing: the smallest of `points` for which that holds,
 * and for all larger ones too; null when it gains at the largest still.
 */
export function crossover(points: readonly CrossoverPoint[]): number | null {
  let from: number | null = null;
  for (const { chunkBytes, gain } of points.toSorted((a, b) => b.chunkBytes - a.chunkBytes)) {
    if (gain > EQUAL_WITHIN) break;
    from = chunkBytes;
  }
  return from;
}
