/** The ways to send many chunks from one callback, over TCP to another process of this host. */
import { BunReactor, Factory } from "pretzel";
import { alternatingRounds } from "../alternating-rounds.ts";
import {
  type Benchmark,
  type BenchmarkReport,
  type BenchmarkSettings,
  mustEqual,
  type ResultRow,
} from "../benchmark.ts";
import { ChildProcess } from "../child-process.ts";
import { formatQuantity } from "../quantity.ts";
import { groupsOf, spreadOf, spreadOfRatios } from "../spread.ts";
import {
  BatchSender,
  SEND_STRATEGIES,
  type SendOutcome,
  type SendPlan,
  type SendStrategy,
} from "./batch-sender.ts";
import { BYTE_SINK_SCRIPT, type ByteSinkCalls } from "./byte-sink-process.ts";
import { ChunkRing } from "./chunk-ring.ts";
import { crossover } from "./crossover.ts";

/**
 * How much is done. A round has many short slices of each strategy in turn, because the system now
 * and then moves a process to the other core, which matters more than what is compared.
 */
const SIZES = {
  full: {
    chunkBytes: [16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576],
    writesPerCallback: [1, 8, 32, 128],
    slicesPerRound: 20,
    sliceMs: 10,
    warmUpMs: 1_000,
    checkedCallbacks: 5,
  },
  smoke: {
    chunkBytes: [16, 4_096, 1_048_576],
    writesPerCallback: [1, 32],
    slicesPerRound: 1,
    sliceMs: 2,
    warmUpMs: 2,
    checkedCallbacks: 2,
  },
} as const;

/** What one strategy did in a slice, or in all slices of a round. */
type Counts = Omit<SendOutcome, "receipt">;

interface Cell {
  readonly writesPerCallback: number;
  readonly chunkBytes: number;
}

/** Where the receiver listens: one port looks at each byte, the other only counts. */
interface SinkPorts {
  readonly hashing: number;
  readonly counting: number;
}

/** Immediate against buffered against joined by hand. */
export const SEND_STRATEGIES_BENCHMARK: Benchmark = {
  name: "send-strategies",
  summary: "a send per write, a send per callback, and chunks joined by hand",
  async run(settings) {
    await using sink = new ChildProcess<ByteSinkCalls>(BYTE_SINK_SCRIPT);
    const ports = {
      hashing: await sink.call("listen", { hashes: true }),
      counting: await sink.call("listen", { hashes: false }),
    };
    await warmUp(settings, ports.counting);
    const rows: ResultRow[] = [];
    const findings: string[] = [];
    const { writesPerCallback, chunkBytes } = SIZES[settings.size];
    for (const writes of writesPerCallback) {
      const points = [];
      for (const bytes of chunkBytes) {
        const cell = { writesPerCallback: writes, chunkBytes: bytes };
        settings.progress(`send-strategies: ${writes} writes of ${bytes} bytes per callback`);
        const report = await measureCell(cell, settings, ports);
        rows.push(...report.rows);
        points.push({ chunkBytes: bytes, gain: report.gain });
      }
      findings.push(describeCrossover(writes, points));
    }
    return { rows, findings } satisfies BenchmarkReport;
  },
};

/** Lets the runtime compile what every cell runs, so that the first one is not the slowest. */
async function warmUp({ size, seed }: BenchmarkSettings, port: number): Promise<void> {
  const chunks = new ChunkRing(16, seed);
  const maxCallbacks = Number.POSITIVE_INFINITY;
  const durationMs = SIZES[size].warmUpMs;
  for (const strategy of SEND_STRATEGIES) {
    await send({ strategy, chunks, writesPerCallback: 8, maxCallbacks, durationMs }, port);
  }
}

async function measureCell(
  cell: Cell,
  settings: BenchmarkSettings,
  ports: SinkPorts,
): Promise<{ readonly rows: ResultRow[]; readonly gain: number }> {
  const { slicesPerRound, sliceMs, checkedCallbacks } = SIZES[settings.size];
  const chunks = new ChunkRing(cell.chunkBytes, settings.seed);
  const { writesPerCallback } = cell;
  for (const strategy of SEND_STRATEGIES) {
    const plan = { strategy, chunks, writesPerCallback, maxCallbacks: checkedCallbacks };
    const outcome = await send({ ...plan, durationMs: Number.POSITIVE_INFINITY }, ports.hashing);
    checkCount(cell, strategy, outcome);
    const expected = chunks.hashOf(outcome.writes);
    mustEqual(`Hash of what ${strategy} sent`, outcome.receipt.hash, expected);
  }
  const maxCallbacks = Number.POSITIVE_INFINITY;
  const slices = settings.rounds * slicesPerRound;
  const outcomes = await alternatingRounds(SEND_STRATEGIES, slices, async (strategy) => {
    const plan = { strategy, chunks, writesPerCallback, maxCallbacks, durationMs: sliceMs };
    const outcome = await send(plan, ports.counting);
    checkCount(cell, strategy, outcome);
    return outcome;
  });
  return rowsOf(cell, (strategy) => outcomes.get(strategy) ?? [], slicesPerRound);
}

async function send(plan: SendPlan, port: number): Promise<SendOutcome> {
  const reactor = new BunReactor();
  const sender = new BatchSender(reactor, plan);
  const writeMode = plan.strategy === "buffered" ? "buffered" : "immediate";
  await reactor.connectTCP({ host: "127.0.0.1", port, writeMode }, new Factory(() => sender));
  return sender.outcome.promise;
}

function checkCount(cell: Cell, strategy: SendStrategy, outcome: SendOutcome): void {
  const { writes, receipt } = outcome;
  const what = `Bytes of ${writes} writes of ${cell.chunkBytes} that ${strategy} sent`;
  mustEqual(what, receipt.bytes, writes * cell.chunkBytes);
}

function rowsOf(
  { writesPerCallback, chunkBytes }: Cell,
  slicesOf: (strategy: SendStrategy) => readonly SendOutcome[],
  slicesPerRound: number,
): { readonly rows: ResultRow[]; readonly gain: number } {
  const gainOf = (strategy: SendStrategy, measure: (slice: Counts) => number) => {
    const baseline = slicesOf("immediate").map(measure);
    return spreadOfRatios(slicesOf(strategy).map(measure), baseline, slicesPerRound);
  };
  const rows = SEND_STRATEGIES.map((strategy) => {
    const rounds = groupsOf(slicesOf(strategy), slicesPerRound).map(summed);
    const rates = rounds.map(writesPerSecond);
    return {
      parameters: { "writes/callback": writesPerCallback, "chunk bytes": chunkBytes, strategy },
      measures: {
        "writes/s": spreadOf(rates),
        "MB/s": spreadOf(rates.map((rate) => (rate * chunkBytes) / 1e6)),
        "system calls/write": spreadOf(rounds.map(({ sends, writes }) => sends / writes)),
        "of immediate": gainOf(strategy, writesPerSecond),
        "CPU us/write": spreadOf(rounds.map((each) => each.cpuMicroseconds / each.writes)),
        "of immediate, per CPU s": gainOf(strategy, writesPerCpuSecond),
      },
    };
  });
  return { rows, gain: gainOf("buffered", writesPerSecond).median };
}

function summed(slices: readonly Counts[]): Counts {
  return slices.reduce((sum, slice) => ({
    writes: sum.writes + slice.writes,
    sends: sum.sends + slice.sends,
    elapsedMs: sum.elapsedMs + slice.elapsedMs,
    cpuMicroseconds: sum.cpuMicroseconds + slice.cpuMicroseconds,
  }));
}

function writesPerSecond({ writes, elapsedMs }: Counts): number {
  return (writes / elapsedMs) * 1e3;
}

function writesPerCpuSecond({ writes, cpuMicroseconds }: Counts): number {
  return (writes / cpuMicroseconds) * 1e6;
}

function describeCrossover(
  writesPerCallback: number,
  points: readonly { readonly chunkBytes: number; readonly gain: number }[],
): string {
  const from = crossover(points);
  const most = points.reduce((best, point) => (point.gain > best.gain ? point : best));
  const least = points.reduce((worst, point) => (point.gain < worst.gain ? point : worst));
  return (
    `${writesPerCallback} writes per callback: buffered is ${formatQuantity(least.gain)} ` +
    `(${least.chunkBytes} bytes) to ${formatQuantity(most.gain)} (${most.chunkBytes} bytes) ` +
    `times as fast as immediate; ` +
    (from === null ? "it gains at every size" : `from ${from} bytes on it gains nothing`)
  );
}
