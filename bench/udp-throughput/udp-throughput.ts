/** Datagrams one at a time against datagrams in batches, to a receiver that counts them. */
import { BunReactor } from "pretzel";
import { alternatingRounds } from "../alternating-rounds.ts";
import {
  type Benchmark,
  type BenchmarkSettings,
  mustEqual,
  type ResultRow,
  WrongAnswerError,
} from "../benchmark.ts";
import { ChildProcess } from "../child-process.ts";
import { formatQuantity } from "../quantity.ts";
import { groupsOf, type Spread, spreadOf, spreadOfRatios } from "../spread.ts";
import type { ReceiverReport } from "./control-message.ts";
import { accountForLoss, type DatagramLoss } from "./datagram-loss.ts";
import {
  type DatagramSendOutcome,
  type DatagramStrategy,
  sendDatagrams,
} from "./datagram-sender.ts";
import { RECEIVER_SCRIPT, type ReceiverCalls } from "./receiver-process.ts";
import { ReceiverSession } from "./receiver-session.ts";

const STRATEGIES: readonly DatagramStrategy[] = [
  { name: "write", batch: 1 },
  { name: "writeMany", batch: 8 },
  { name: "writeMany", batch: 32 },
  { name: "writeMany", batch: 64 },
  { name: "writeMany", batch: 256 },
  { name: "Bun send", batch: 1 },
  { name: "Bun sendMany", batch: 64 },
];

/**
 * How much is done. A round has several short slices of each strategy in turn, because the system
 * now and then moves a process to the other core, which matters more than what is compared.
 */
const SIZES = {
  full: { datagramBytes: [64, 512, 1_400, 8_192, 65_507], slicesPerRound: 5, sliceMs: 40 },
  smoke: { datagramBytes: [64, 65_507], slicesPerRound: 1, sliceMs: 5 },
} as const;

/** How long what was sent last may still be on its way: on this host, and between two. */
const LOOPBACK_QUIET_MS = 20;
const NETWORK_QUIET_MS = 500;

/** What one strategy did in a slice, or in all slices of a round. */
interface Sample extends DatagramSendOutcome, DatagramLoss {
  readonly received: number;
  /** From the first datagram to the last, at the receiver. */
  readonly spanMs: number;
}

/** Where datagrams go, and how long after the last of them the receiver still waits for it. */
interface Target {
  readonly session: ReceiverSession;
  readonly host: string;
  readonly quietMs: number;
}

/** One send per datagram against batches. */
export const UDP_THROUGHPUT: Benchmark = {
  name: "udp-throughput",
  summary: "one send per datagram against writeMany, and where datagrams are lost",
  async run(settings) {
    await using receiver = new ChildProcess<ReceiverCalls>(RECEIVER_SCRIPT);
    const { host, port } = settings.host ?? {
      host: "127.0.0.1",
      port: await receiver.call("listen"),
    };
    using session = await ReceiverSession.open(new BunReactor(), host, port);
    const quietMs = settings.host === undefined ? LOOPBACK_QUIET_MS : NETWORK_QUIET_MS;
    const rows: ResultRow[] = [];
    const findings: string[] = [];
    for (const bytes of SIZES[settings.size].datagramBytes) {
      settings.progress(`udp-throughput: datagrams of ${bytes} bytes`);
      const slices = await measureSize(bytes, settings, { session, host, quietMs });
      const own = rowsOf(bytes, slices, SIZES[settings.size].slicesPerRound);
      rows.push(...own);
      findings.push(describeGain(bytes, own));
    }
    return { rows, findings };
  },
};

async function measureSize(
  bytes: number,
  settings: BenchmarkSettings,
  { session, host, quietMs }: Target,
): Promise<ReadonlyMap<DatagramStrategy, readonly Sample[]>> {
  const measure = async (strategy: DatagramStrategy, plan: RunPlan): Promise<Sample> => {
    const { seed } = settings;
    const { run, port } = await session.begin({ bytes, seed, compares: plan.compares });
    const outcome = await sendDatagrams({ strategy, host, port, run, bytes, seed, ...plan });
    const report = await session.end(outcome.sent, quietMs);
    check(strategy, outcome, report);
    const { received, spanMs } = report;
    return { ...outcome, ...accountForLoss(outcome, report), received, spanMs };
  };
  for (const strategy of STRATEGIES) {
    const durationMs = Number.POSITIVE_INFINITY;
    await measure(strategy, { compares: true, maxDatagrams: strategy.batch, durationMs });
  }
  const { slicesPerRound, sliceMs } = SIZES[settings.size];
  const maxDatagrams = Number.POSITIVE_INFINITY;
  return alternatingRounds(STRATEGIES, settings.rounds * slicesPerRound, (strategy) =>
    measure(strategy, { compares: false, maxDatagrams, durationMs: sliceMs }),
  );
}

function sum(a: Sample, b: Sample): Sample {
  const names = Object.keys(a) as (keyof Sample)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as Sample;
}

interface RunPlan {
  readonly compares: boolean;
  readonly maxDatagrams: number;
  readonly durationMs: number;
}

function check(
  { name, batch }: DatagramStrategy,
  { sent }: DatagramSendOutcome,
  { received, duplicates, damaged }: ReceiverReport,
): void {
  const what = `of ${name} ${batch}`;
  mustEqual(`Damaged datagrams ${what}`, damaged, 0);
  mustEqual(`Duplicates ${what}`, duplicates, 0);
  if (received > 0 && received <= sent) return;
  throw new WrongAnswerError(`${received} of ${sent} datagrams ${what} were received`);
}

function rowsOf(
  bytes: number,
  all: ReadonlyMap<DatagramStrategy, readonly Sample[]>,
  slicesPerRound: number,
): readonly ResultRow[] {
  const [single] = STRATEGIES;
  const baseline = (all.get(single as DatagramStrategy) ?? []).map(sentPerSecond);
  return STRATEGIES.map((strategy) => {
    const slices = all.get(strategy) ?? [];
    const samples = groupsOf(slices, slicesPerRound).map((group) => group.reduce(sum));
    const lost = (where: keyof DatagramLoss): Spread =>
      spreadOf(samples.map((each) => (each[where] / each.written) * 100));
    return {
      parameters: { bytes, "sent with": strategy.name, batch: strategy.batch },
      measures: {
        "sent/s": spreadOf(samples.map(sentPerSecond)),
        "of write": spreadOfRatios(slices.map(sentPerSecond), baseline, slicesPerRound),
        "received/s": spreadOf(samples.map(receivedPerSecond)),
        "system calls/datagram": spreadOf(
          samples.map(({ systemCalls, written }) => systemCalls / written),
        ),
        "CPU us/datagram": spreadOf(samples.map((each) => each.cpuMicroseconds / each.written)),
        "not sent %": lost("notSent"),
        "socket drops %": lost("socketDrops"),
        "shed %": lost("shed"),
        "unknown %": lost("unknown"),
      },
    };
  });
}

function describeGain(bytes: number, rows: readonly ResultRow[]): string {
  const gains = rows
    .filter(({ parameters }) => parameters["sent with"] === "writeMany")
    .map(({ parameters, measures }) => {
      const gain = measures["of write"]?.median ?? Number.NaN;
      return `${formatQuantity(gain)} in batches of ${parameters.batch}`;
    });
  return `${bytes} bytes: writeMany sends, for each datagram of write, ${gains.join(", ")}`;
}

function sentPerSecond({ sent, elapsedMs }: Sample): number {
  return (sent / elapsedMs) * 1e3;
}

/** Over the sender's time when all came in one moment. */
function receivedPerSecond({ received, spanMs, elapsedMs }: Sample): number {
  return (received / (spanMs > 0 ? spanMs : elapsedMs)) * 1e3;
}
