/**
 * Echo through a protocol on the reactor against the same echo on bare handlers, under the same
 * load from another process.
 */
import { alternatingRounds } from "../alternating-rounds.ts";
import {
  type Benchmark,
  type BenchmarkReport,
  type BenchmarkSettings,
  mustEqual,
  type ResultRow,
  WrongAnswerError,
} from "../benchmark.ts";
import { ChildProcess } from "../child-process.ts";
import {
  ECHO_KINDS,
  ECHO_SERVER_SCRIPT,
  type EchoKind,
  type EchoServerCalls,
} from "../echo-server/echo-server-process.ts";
import { formatQuantity } from "../quantity.ts";
import { groupsOf, type Spread, spreadOf, spreadOfRatios } from "../spread.ts";
import type { LoadResult } from "./echo-load.ts";
import { LOAD_SCRIPT, type LoadCalls } from "./load-process.ts";

/** How many connections have a message of how many bytes under way, each all the time. */
interface EchoLoadShape {
  readonly connections: number;
  readonly messageBytes: number;
}

const SHAPES: readonly EchoLoadShape[] = [
  { connections: 64, messageBytes: 64 },
  { connections: 64, messageBytes: 1_024 },
  { connections: 64, messageBytes: 16_384 },
  { connections: 64, messageBytes: 65_536 },
  { connections: 1_000, messageBytes: 64 },
  { connections: 1_000, messageBytes: 1_024 },
  { connections: 1_000, messageBytes: 16_384 },
  { connections: 4, messageBytes: 1_048_576 },
];

const CONNECTION_COUNTS: ReadonlySet<number> = new Set(SHAPES.map((each) => each.connections));

/**
 * How much is done. A round has several slices of load on each server in turn, because the system
 * now and then moves a process to the other core, which matters more than what is compared.
 */
const SIZES = {
  full: {
    maxConnections: Number.POSITIVE_INFINITY,
    warmUpMs: 400,
    slicesPerRound: 10,
    sliceMs: 100,
    slowReaderBytes: 64 * 2 ** 20,
  },
  smoke: {
    maxConnections: 8,
    warmUpMs: 10,
    slicesPerRound: 2,
    sliceMs: 10,
    slowReaderBytes: 2 ** 20,
  },
} as const;

/** Above this nothing but backpressure can have kept the bytes: no kernel here holds as many. */
const MAX_HELD_BYTES = 48 * 2 ** 20;

/** What one kind of server did in one slice. */
interface Slice extends LoadResult {
  readonly cpuMicroseconds: number;
}

/** The slices of one round, by kind and shape of load. */
type RoundResult = ReadonlyMap<EchoKind, ReadonlyMap<EchoLoadShape, readonly Slice[]>>;

interface Contender {
  readonly kind: EchoKind;
  readonly server: ChildProcess<EchoServerCalls>;
  /** The port that so many connections of the load are open to. */
  readonly ports: ReadonlyMap<number, number>;
}

/** One round: a fresh process for each kind, so that no lucky or unlucky one decides. */
class Round {
  readonly #settings: BenchmarkSettings;
  readonly #load: ChildProcess<LoadCalls>;

  constructor(settings: BenchmarkSettings, load: ChildProcess<LoadCalls>) {
    this.#settings = settings;
    this.#load = load;
  }

  async run(round: number): Promise<RoundResult> {
    await using processes = new AsyncDisposableStack();
    const order = round % 2 === 0 ? ECHO_KINDS : ECHO_KINDS.toReversed();
    const contenders: Contender[] = [];
    for (const kind of order) {
      const server = processes.use(new ChildProcess<EchoServerCalls>(ECHO_SERVER_SCRIPT, [kind]));
      contenders.push({ kind, server, ports: await this.#openPorts(server) });
    }
    if (round === 0) for (const contender of contenders) await this.#checkSlowReader(contender);
    const result = new Map(
      ECHO_KINDS.map((kind) => [kind, new Map<EchoLoadShape, readonly Slice[]>()]),
    );
    for (const shape of SHAPES) {
      for (const contender of contenders) await this.#warmUp(contender, shape);
      const { slicesPerRound } = SIZES[this.#settings.size];
      const slices = await alternatingRounds(contenders, slicesPerRound, (contender) =>
        this.#measure(contender, shape),
      );
      for (const [{ kind }, own] of slices) result.get(kind)?.set(shape, own);
    }
    return result;
  }

  /** A port for each number of connections, with the load's connections open to it. */
  async #openPorts(server: ChildProcess<EchoServerCalls>): Promise<ReadonlyMap<number, number>> {
    const { maxConnections } = SIZES[this.#settings.size];
    const ports = new Map<number, number>();
    for (const connections of CONNECTION_COUNTS) {
      const port = await server.call("listen");
      await this.#load.call("connect", port, Math.min(connections, maxConnections));
      ports.set(connections, port);
    }
    return ports;
  }

  async #checkSlowReader({ kind, server }: Contender): Promise<void> {
    const { size, seed } = this.#settings;
    const bytes = SIZES[size].slowReaderBytes;
    const port = await server.call("listen");
    const result = await this.#load.call("readSlowly", port, bytes, seed);
    mustEqual(`Bytes that ${kind} returned to a slow reader`, result.returnedBytes, bytes);
    mustEqual(`Hash of what ${kind} returned`, result.returnedHash, result.sentHash);
    if (result.heldBytes <= MAX_HELD_BYTES) return;
    throw new WrongAnswerError(`${kind} took ${result.heldBytes} bytes that nobody read`);
  }

  /** Also looks at every byte, which the measurement does not. */
  async #warmUp({ ports }: Contender, shape: EchoLoadShape): Promise<void> {
    const { size, seed } = this.#settings;
    const { connections, messageBytes } = shape;
    const port = ports.get(connections) ?? 0;
    await this.#load.call("run", port, messageBytes, SIZES[size].warmUpMs, seed, true);
  }

  async #measure({ server, ports }: Contender, shape: EchoLoadShape): Promise<Slice> {
    const { size, seed } = this.#settings;
    const { connections, messageBytes } = shape;
    const { sliceMs } = SIZES[size];
    const port = ports.get(connections) ?? 0;
    const cpuBefore = await server.call("cpuMicroseconds");
    const result = await this.#load.call("run", port, messageBytes, sliceMs, seed, false);
    return { ...result, cpuMicroseconds: (await server.call("cpuMicroseconds")) - cpuBefore };
  }
}

/** Echo on the reactor against bare handlers. */
export const DISPATCH_OVERHEAD: Benchmark = {
  name: "dispatch-overhead",
  summary: "echo through a Protocol on BunReactor against bare Bun.listen handlers",
  async run(settings) {
    await using load = new ChildProcess<LoadCalls>(LOAD_SCRIPT);
    const round = new Round(settings, load);
    const all = await alternatingRounds(["both"], settings.rounds, async (_, number) => {
      settings.progress(`dispatch-overhead: round ${number + 1} of ${settings.rounds}`);
      return round.run(number);
    });
    return report(all.get("both") ?? [], SIZES[settings.size].slicesPerRound);
  },
};

function report(rounds: readonly RoundResult[], slicesPerRound: number): BenchmarkReport {
  const rows: ResultRow[] = [];
  const findings: string[] = [];
  for (const shape of SHAPES) {
    const { connections, messageBytes } = shape;
    const bare = slicesOf(rounds, "bare", shape);
    for (const kind of ECHO_KINDS) {
      const slices = slicesOf(rounds, kind, shape);
      const own = groupsOf(slices, slicesPerRound).map(summed);
      const [rate, cpu] = [messagesPerSecond, messagesPerCpuSecond].map((measure) =>
        spreadOfRatios(slices.map(measure), bare.map(measure), slicesPerRound),
      ) as [Spread, Spread];
      rows.push({
        parameters: { connections, "message bytes": messageBytes, server: kind },
        measures: {
          "messages/s": spreadOf(own.map(messagesPerSecond)),
          "of bare": rate,
          "messages/CPU s": spreadOf(own.map(messagesPerCpuSecond)),
          "of bare, per CPU s": cpu,
          "server load": spreadOf(own.map((each) => each.cpuMicroseconds / 1e3 / each.elapsedMs)),
        },
      });
      if (kind === "bare") continue;
      findings.push(
        `${connections} connections, ${messageBytes} bytes: ` +
          `${formatQuantity(rate.median)} of bare handlers in messages per second, ` +
          `${formatQuantity(cpu.median)} per second of the server's core`,
      );
    }
  }
  return { rows, findings };
}

function slicesOf(
  rounds: readonly RoundResult[],
  kind: EchoKind,
  shape: EchoLoadShape,
): readonly Slice[] {
  return rounds.flatMap((round) => round.get(kind)?.get(shape) ?? []);
}

function summed(slices: readonly Slice[]): Slice {
  return slices.reduce((sum, slice) => ({
    messages: sum.messages + slice.messages,
    elapsedMs: sum.elapsedMs + slice.elapsedMs,
    cpuMicroseconds: sum.cpuMicroseconds + slice.cpuMicroseconds,
  }));
}

function messagesPerSecond({ messages, elapsedMs }: Slice): number {
  return (messages / elapsedMs) * 1e3;
}

function messagesPerCpuSecond({ messages, cpuMicroseconds }: Slice): number {
  return (messages / cpuMicroseconds) * 1e6;
}
