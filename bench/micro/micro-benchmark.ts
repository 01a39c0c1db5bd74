import { measure } from "mitata";
import { alternatingRounds } from "../alternating-rounds.ts";
import type { Benchmark, ResultRow } from "../benchmark.ts";
import { spreadOf } from "../spread.ts";

/** Something small to be timed, in one process and without the kernel. */
export interface MicroCase extends Disposable {
  readonly parameters: Readonly<Record<string, string | number>>;
  /** How many operations one call of `run` does. */
  readonly operations: number;
  run(): void;
  /** Whether what has run so far came out right. @throws {WrongAnswerError} otherwise */
  check(): void;
}

/**
 * How long one measurement takes at least, in nanoseconds, and how often what is too short to be
 * timed alone runs between two looks at the clock.
 */
const EFFORT = {
  full: { min_cpu_time: 100e6, batch_samples: 256 },
  smoke: { min_cpu_time: 1e6, batch_samples: 8 },
} as const;

/** Runs of a case before it is timed: enough to be checked, not enough to be compiled. */
const CHECKED_RUNS = 3;

/**
 * A benchmark that times cases with mitata, once in each round.
 *
 * @param makeCases makes them; they are disposed of at the end
 */
export function microBenchmark(
  name: string,
  summary: string,
  makeCases: (size: "full" | "smoke", seed: number) => readonly MicroCase[],
): Benchmark {
  return {
    name,
    summary,
    async run({ size, rounds, seed, progress }) {
      using owned = new DisposableStack();
      const cases = makeCases(size, seed).map((each) => owned.use(each));
      for (const each of cases) {
        for (let count = 0; count < CHECKED_RUNS; count++) each.run();
        each.check();
      }
      const results = await alternatingRounds(cases, rounds, async (each, round) => {
        if (each === cases[0]) progress(`${name}: round ${round + 1} of ${rounds}`);
        const { p50, p99 } = await measure(() => each.run(), { ...EFFORT[size] });
        each.check();
        return { typicalNs: p50 / each.operations, slowNs: p99 / each.operations };
      });
      const rows = cases.map((each): ResultRow => {
        const own = results.get(each) ?? [];
        return {
          parameters: each.parameters,
          measures: {
            "ns/operation": spreadOf(own.map(({ typicalNs }) => typicalNs)),
            "99th percentile": spreadOf(own.map(({ slowNs }) => slowNs)),
          },
        };
      });
      return { rows, findings: [] };
    },
  };
}
