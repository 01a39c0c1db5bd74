/** How long a flood of datagrams keeps a timer waiting, with the receive budget and without it. */
import { alternatingRounds } from "../alternating-rounds.ts";
import {
  type Benchmark,
  type BenchmarkReport,
  type BenchmarkSettings,
  mustEqual,
  WrongAnswerError,
} from "../benchmark.ts";
import { ChildProcess } from "../child-process.ts";
import { formatQuantity } from "../quantity.ts";
import { spreadOf } from "../spread.ts";
import { FLOOD_SCRIPT, type FloodCalls } from "./flood-process.ts";
import {
  FLOOD_TARGET_SCRIPT,
  type FloodTargetCalls,
  type FloodTargetReport,
} from "./flood-target-process.ts";

const SIZES = { full: { durationMs: 2_000 }, smoke: { durationMs: 100 } } as const;

const DATAGRAM_BYTES = 64;

/** The reactor's default, and none. */
const BUDGETS_MS = [10, null] as const;

type Budget = (typeof BUDGETS_MS)[number];

interface Sample extends FloodTargetReport {
  readonly sent: number;
}

/** The longest stall of a 10 ms timer under a flood. */
export const FLOOD_STALL: Benchmark = {
  name: "flood-stall",
  summary: "the longest stall of a 10 ms timer under a UDP flood, with and without a budget",
  async run(settings) {
    const samples = await alternatingRounds(BUDGETS_MS, settings.rounds, (budget, round) => {
      settings.progress(`flood-stall: round ${round + 1} of ${settings.rounds}`);
      return measure(budget, settings);
    });
    return report(samples);
  },
};

async function measure(budget: Budget, { size }: BenchmarkSettings): Promise<Sample> {
  await using target = new ChildProcess<FloodTargetCalls>(FLOOD_TARGET_SCRIPT);
  await using flood = new ChildProcess<FloodCalls>(FLOOD_SCRIPT);
  const port = await target.call("open", budget, DATAGRAM_BYTES);
  const sent = await flood.call("flood", port, DATAGRAM_BYTES, SIZES[size].durationMs);
  const result = await target.call("report");
  mustEqual("Damaged datagrams", result.damaged, 0);
  const { received, shed } = result;
  if (received === 0 || received + shed > sent) {
    throw new WrongAnswerError(`${received} received and ${shed} shed of ${sent} datagrams`);
  }
  return { ...result, sent };
}

function report(samples: ReadonlyMap<Budget, readonly Sample[]>): BenchmarkReport {
  const rows = BUDGETS_MS.map((budget) => {
    const own = samples.get(budget) ?? [];
    return {
      parameters: { "budget ms": budget ?? "none" },
      measures: {
        "longest stall ms": spreadOf(own.map(({ longestStallMs }) => longestStallMs)),
        ticks: spreadOf(own.map(({ ticks }) => ticks)),
        sent: spreadOf(own.map(({ sent }) => sent)),
        received: spreadOf(own.map(({ received }) => received)),
        shed: spreadOf(own.map(({ shed }) => shed)),
      },
    };
  });
  const findings = rows.map(
    ({ parameters, measures }) =>
      `budget ${parameters["budget ms"]}: the timer came ` +
      `${formatQuantity(measures["longest stall ms"].median)} ms late at worst, ` +
      `${formatQuantity(measures.shed.median)} datagrams were shed`,
  );
  return { rows, findings };
}
