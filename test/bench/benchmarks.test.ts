/** Every benchmark at smoke size: it runs, its answers are right, and it reports what it should. */
import { describe, expect, test } from "bun:test";
import { BENCHMARKS } from "../../bench/benchmark-list.ts";
import type { BenchmarkReport, ResultRow } from "../../bench/benchmark.ts";

const ROUNDS = 2;

/** Each takes a second or so, more on a machine that does other things. */
const LIMIT_MS = 60_000;

const reports = new Map<string, Promise<BenchmarkReport>>();

/** Runs a benchmark once, whichever test asks first. */
function reportOf(name: string): Promise<BenchmarkReport> {
  const known = reports.get(name);
  if (known !== undefined) return known;
  const benchmark = BENCHMARKS.find((each) => each.name === name);
  if (benchmark === undefined) throw new Error(`There is no benchmark ${name}`);
  const settings = { size: "smoke", rounds: ROUNDS, seed: 7, progress() {} } as const;
  const report = benchmark.run(settings);
  reports.set(name, report);
  return report;
}

/** The medians of one measure in the rows that have these parameters. */
async function medians(
  name: string,
  measure: string,
  parameters: ResultRow["parameters"] = {},
): Promise<number[]> {
  const { rows } = await reportOf(name);
  const wanted = Object.entries(parameters);
  const chosen = rows.filter((row) =>
    wanted.every(([key, value]) => row.parameters[key] === value),
  );
  return chosen.map(({ measures }) => measures[measure]?.median ?? Number.NaN);
}

describe("Benchmarks at smoke size", () => {
  for (const { name } of BENCHMARKS) {
    test(
      `${name}: reports each of its rounds for everything it measures`,
      async () => {
        const { rows } = await reportOf(name);
        expect(rows.length).toBeGreaterThan(1);
        for (const { measures } of rows) {
          expect(Object.keys(measures)).not.toEqual([]);
          for (const { samples } of Object.values(measures)) expect(samples.length).toBe(ROUNDS);
        }
      },
      LIMIT_MS,
    );
  }

  test("have names of their own", () => {
    const names = BENCHMARKS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("send-strategies", () => {
  const measure = "system calls/write";

  test(
    "immediate takes a system call for each small write",
    async () => {
      const small = { strategy: "immediate", "chunk bytes": 16 };
      expect(await medians("send-strategies", measure, small)).toEqual([1, 1]);
    },
    LIMIT_MS,
  );

  test(
    "buffered and joined take one for all small writes of a callback",
    async () => {
      for (const strategy of ["buffered", "joined"]) {
        const small = { strategy, "chunk bytes": 16 };
        expect(await medians("send-strategies", measure, small)).toEqual([1, 1 / 32]);
      }
    },
    LIMIT_MS,
  );
});

describe("udp-throughput", () => {
  const measure = "system calls/datagram";

  test(
    "write takes a system call for each datagram",
    async () => {
      const single = { "sent with": "write" };
      expect(await medians("udp-throughput", measure, single)).toEqual([1, 1]);
    },
    LIMIT_MS,
  );

  test(
    "writeMany takes one for each 64 datagrams at most",
    async () => {
      for (const batch of [8, 32, 64, 256]) {
        const many = { "sent with": "writeMany", batch };
        const calls = 1 / Math.min(batch, 64);
        expect(await medians("udp-throughput", measure, many)).toEqual([calls, calls]);
      }
    },
    LIMIT_MS,
  );
});

describe("udp-echo", () => {
  test(
    "compares each of the bare echoes with itself as exactly equal",
    async () => {
      const many = { server: "sendMany", clients: 64 };
      expect(await medians("udp-echo", "of bare", many)).toEqual([1, 1, 1]);
      expect(await medians("udp-echo", "of bare", { server: "send", clients: 1 })).toEqual([1]);
    },
    LIMIT_MS,
  );
});

describe("dispatch-overhead", () => {
  test(
    "compares bare handlers with themselves as exactly equal",
    async () => {
      const bare = { server: "bare" };
      const ratios = await medians("dispatch-overhead", "of bare", bare);
      expect(ratios).toEqual(ratios.map(() => 1));
    },
    LIMIT_MS,
  );
});
