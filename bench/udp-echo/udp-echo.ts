/**
 * Datagrams echoed by a protocol on the reactor against the same echo written by hand on bare Bun,
 * under the same load from another process: many clients, and one that is alone.
 */
import { alternatingRounds } from "../alternating-rounds.ts";
import type { Benchmark, BenchmarkReport, BenchmarkSettings, ResultRow } from "../benchmark.ts";
import { ChildProcess } from "../child-process.ts";
import { formatQuantity } from "../quantity.ts";
import { groupsOf, type Spread, spreadOf, spreadOfRatios } from "../spread.ts";
import {
  DATAGRAM_ECHO_KINDS,
  DATAGRAM_ECHO_SCRIPT,
  type DatagramEchoCalls,
  type DatagramEchoKind,
} from "./datagram-echo-process.ts";
import type { DatagramLoadResult } from "./datagram-load.ts";
import { DATAGRAM_LOAD_SCRIPT, type DatagramLoadCalls } from "./datagram-load-process.ts";

/**
 * What is varied, and the bare echo that does best there, which the others are compared with. As
 * many datagrams are under way as fit in a socket's receive buffer: no answer may be lost.
 */
const CASES = [
  { clients: 64, underWay: 1, bytes: 64, baseline: "sendMany" },
  { clients: 64, underWay: 3, bytes: 64, baseline: "sendMany" },
  { clients: 64, underWay: 1, bytes: 1_400, baseline: "sendMany" },
  { clients: 1, underWay: 1, bytes: 64, baseline: "send" },
] as const;

type Case = (typeof CASES)[number];

/** How much is done; slices as in the echo of streams, and for the same reason. */
const SIZES = {
  full: { warmUpMs: 300, slicesPerRound: 10, sliceMs: 100 },
  smoke: { warmUpMs: 10, slicesPerRound: 2, sliceMs: 10 },
} as const;

/** Each on a core of its own, where there are two and the system has taskset(1). */
const [LOAD_CORE, SERVER_CORE] = [0, 1];

const NOT_APART = "server and load could not be kept on cores of their own: compare with care";

/** What one kind of server did in one slice. */
interface Slice extends DatagramLoadResult {
  readonly cpuMicroseconds: number;
}

/** The slices of one round, by kind and case. */
type RoundResult = ReadonlyMap<DatagramEchoKind, ReadonlyMap<Case, readonly Slice[]>>;

interface Contender {
  readonly kind: DatagramEchoKind;
  readonly server: ChildProcess<DatagramEchoCalls>;
}

/** One round: a fresh process for each kind, so that no lucky or unlucky one decides. */
class Round {
  readonly #settings: BenchmarkSettings;
  readonly #load: ChildProcess<DatagramLoadCalls>;
  readonly #number: number;

  constructor(settings: BenchmarkSettings, load: ChildProcess<DatagramLoadCalls>, number: number) {
    this.#settings = settings;
    this.#load = load;
    this.#number = number;
  }

  async run(): Promise<RoundResult> {
    await using processes = new AsyncDisposableStack();
    const kinds = DATAGRAM_ECHO_KINDS;
    const contenders: Contender[] = [];
    for (const kind of this.#number % 2 === 0 ? kinds : kinds.toReversed()) {
      const script = new ChildProcess<DatagramEchoCalls>(DATAGRAM_ECHO_SCRIPT, [kind]);
      const server = processes.use(script);
      await server.call("useOwnCore", SERVER_CORE);
      const port = await server.call("open");
      for (const clients of new Set(CASES.map((each) => each.clients))) {
        await this.#load.call("open", this.#loadName(kind, clients), port, clients);
      }
      contenders.push({ kind, server });
    }
    const result = new Map(kinds.map((kind) => [kind, new Map<Case, readonly Slice[]>()]));
    const { warmUpMs, slicesPerRound, sliceMs } = SIZES[this.#settings.size];
    for (const each of CASES) {
      // The warm-up looks at every byte, which the measurement does not.
      for (const contender of contenders) await this.#measure(contender, each, warmUpMs, true);
      const slices = await alternatingRounds(contenders, slicesPerRound, (contender) =>
        this.#measure(contender, each, sliceMs, false),
      );
      for (const [{ kind }, own] of slices) result.get(kind)?.set(each, own);
    }
    return result;
  }

  async #measure(
    { kind, server }: Contender,
    { clients, underWay, bytes }: Case,
    durationMs: number,
    compares: boolean,
  ): Promise<Slice> {
    const { seed } = this.#settings;
    const name = this.#loadName(kind, clients);
    const cpuBefore = await server.call("cpuMicroseconds");
    const order = { bytes, underWay, durationMs, seed, compares };
    const result = await this.#load.call("run", name, order);
    return { ...result, cpuMicroseconds: (await server.call("cpuMicroseconds")) - cpuBefore };
  }

  #loadName(kind: DatagramEchoKind, clients: number): string {
    return `${this.#number} ${kind} ${clients}`;
  }
}

/** Echo of datagrams on the reactor against bare handlers. */
export const UDP_ECHO: Benchmark = {
  name: "udp-echo",
  summary: "echo of datagrams through a DatagramProtocol against bare Bun.udpSocket",
  async run(settings) {
    await using load = new ChildProcess<DatagramLoadCalls>(DATAGRAM_LOAD_SCRIPT);
    const apart = await load.call("useOwnCore", LOAD_CORE);
    const all = await alternatingRounds(["all"], settings.rounds, async (_, number) => {
      settings.progress(`udp-echo: round ${number + 1} of ${settings.rounds}`);
      return new Round(settings, load, number).run();
    });
    const { rows, findings } = report(all.get("all") ?? [], SIZES[settings.size].slicesPerRound);
    return { rows, findings: apart ? findings : [NOT_APART, ...findings] };
  },
};

function report(rounds: readonly RoundResult[], slicesPerRound: number): BenchmarkReport {
  const rows: ResultRow[] = [];
  const findings: string[] = [];
  for (const each of CASES) {
    const { clients, underWay, bytes, baseline } = each;
    const reference = slicesOf(rounds, baseline, each);
    for (const kind of DATAGRAM_ECHO_KINDS) {
      const slices = slicesOf(rounds, kind, each);
      const measured = (measure: (slice: Slice) => number) =>
        spreadOf(groupsOf(slices, slicesPerRound).map((own) => median(own.map(measure))));
      const compared = (measure: (slice: Slice) => number) =>
        spreadOfRatios(slices.map(measure), reference.map(measure), slicesPerRound);
      const [rate, cpu, p50] = [answersPerSecond, answersPerCpuSecond, p50Us].map(compared) as [
        Spread,
        Spread,
        Spread,
      ];
      rows.push({
        parameters: { clients, "under way": underWay, bytes, server: kind },
        measures: {
          "answers/s": measured(answersPerSecond),
          "of bare": rate,
          "answers/CPU s": measured(answersPerCpuSecond),
          "of bare, per CPU s": cpu,
          "p50 us": measured(p50Us),
          "p99 us": measured(({ p99Us }) => p99Us),
          "p50 of bare": p50,
          "server load": measured((own) => own.cpuMicroseconds / 1e3 / own.elapsedMs),
        },
      });
      if (kind !== "pretzel") continue;
      findings.push(
        `${clients} x ${underWay} under way, ${bytes} bytes: ${formatQuantity(rate.median)} of ` +
          `bare Bun with ${baseline} in answers per second, ${formatQuantity(cpu.median)} per ` +
          `second of the server's core, ${formatQuantity(p50.median)} of its latency`,
      );
    }
  }
  return { rows, findings };
}

function slicesOf(
  rounds: readonly RoundResult[],
  kind: DatagramEchoKind,
  each: Case,
): readonly Slice[] {
  return rounds.flatMap((round) => round.get(kind)?.get(each) ?? []);
}

function median(values: readonly number[]): number {
  return spreadOf(values).median;
}

function answersPerSecond({ answers, elapsedMs }: Slice): number {
  return (answers / elapsedMs) * 1e3;
}

function answersPerCpuSecond({ answers, cpuMicroseconds }: Slice): number {
  return (answers / cpuMicroseconds) * 1e6;
}

function p50Us(slice: Slice): number {
  return slice.p50Us;
}
