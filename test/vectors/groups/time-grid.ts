/** The step where no time is given at all: nothing happens in between anyway. */
const ANY_STEP_MS = 1_000;

/** A vector of finer times would take too many steps. */
const MIN_STEP_MS = 1;

/**
 * The longest step that meets every moment at which something can happen, when all of it happens
 * at sums of these times. Moved so, both kinds of clock must lead to the same.
 *
 * @param times in milliseconds
 */
export function stepOf(times: readonly number[]): number {
  const step = times.map(Math.round).reduce(greatestCommonDivisor, 0);
  return step === 0 ? ANY_STEP_MS : Math.max(step, MIN_STEP_MS);
}

/**
 * Events, which have their time last, with those of one time in an order that is always the same:
 * they may come in any. Those of different times stay in the order that they have.
 */
export function withinTimesSorted<E extends readonly unknown[]>(events: readonly E[]): E[] {
  const runs: E[][] = [];
  for (const event of events) {
    const run = runs.at(-1);
    if (run?.[0]?.at(-1) === event.at(-1)) run?.push(event);
    else runs.push([event]);
  }
  const textOf = (event: E) => JSON.stringify(event);
  return runs.flatMap((run) => run.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1)));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
