/**
 * Measures every contender once in each round, forwards in one round and backwards in the next, so
 * that a machine that grows slower or faster meanwhile favours nobody.
 *
 * @returns for each contender what `measure` gave, round by round
 */
export async function alternatingRounds<C, R>(
  contenders: readonly C[],
  rounds: number,
  measure: (contender: C, round: number) => Promise<R>,
): Promise<Map<C, R[]>> {
  const results = new Map<C, R[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const contender of order) {
      results.get(contender)?.push(await measure(contender, round));
    }
  }
  return results;
}
