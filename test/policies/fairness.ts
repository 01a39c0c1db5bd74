/**
 * Jain's index of fairness: 1 when all have the same, 1/n when one of n has everything.
 *
 * @param shares what each has; at least one of them more than nothing
 */
export function fairnessOf(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return (sum * sum) / (shares.length * squares);
}
