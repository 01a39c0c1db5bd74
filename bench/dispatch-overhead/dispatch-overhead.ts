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

const MESSAGE_BYTES = [64, 1_024, 16_384] as const;

/**
 * How much is done. A round has several slices of load on each server in turn, because the system
 * now and then moves a process to the other core, which matters more than what is compared.
 */
const SIZES = {
  full: {
    connections: 64,
    warmUpMs: 400,
    slicesPerRound: 10,
    sliceMs: 100,
    slowReaderBytes: 64 * 2 ** 20,
  },
  smoke: {
    connections: 8,
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

/** The slices of one round, by kind and size of messages. */
type RoundResult = ReadonlyMap<EchoKind, ReadonlyMap<number, readonly Slice[]>>;

interface Contender {
  readonly kind: EchoKind;
  readonly server: ChildProcess<EchoServerCalls>;
  readonly port: number;
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
      const port = await server.call("listen");
      await this.#load.call("connect", port, SIZES[this.#settings.size].connections);
      contenders.push({ kind, server, port });
    }
    if (round === 0) for (const contender of contenders) await this.#checkSlowReader(contender);
    const result = new Map(ECHO_KINDS.map((kind) => [kind, new Map<number, readonly Slice[]>()]));
    for (const messageBytes of MESSAGE_BYTES) {
      for (const contender of contenders) await this.#warmUp(contender, messageBytes);
      const { slicesPerRound } = SIZES[this.#settings.size];
      const slices = await alternatingRounds(contenders, slicesPerRound, (contender) =>
        this.#measure(contender, messageBytes),
      );
      for (const [{ kind }, own] of slices) result.get(kind)?.set(messageBytes, own);
    }
    return result;
  }

  async #checkSlowReader({ kind, port }: Contender): Promise<void> {
    const { size, seed } = this.#settings;
    const bytes = SIZES[size].slowReaderBytes;
    const result = await this.#load.call("readSlowly", port, bytes, seed);
    mustEqual(`Bytes that ${kind} returned to a slow reader`, result.returnedBytes, bytes);
    mustEqual(`Hash of what ${kind} returned`, result.returnedHash, result.sentHash);
    if (result.heldBytes <= MAX_HELD_BYTES) return;
    throw new WrongAnswerError(`${kind} took ${result.heldBytes} bytes that nobody read`);
  }

  /** Also looks at every byte, which the measurement does not. */
  async #warmUp({ port }: Contender, messageBytes: number): Promise<void> {
    const { size, seed } = this.#settings;
    await this.#load.call("run", port, messageBytes, SIZES[size].warmUpMs, seed, true);
  }

  async #measure({ server, port }: Contender, messageBytes: number): Promise<Slice> {
    const { size, seed } = this.#settings;
    const { sliceMs } = SIZES[size];
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
  for (const messageBytes of MESSAGE_BYTES) {
    const bare = slicesOf(rounds, "bare", messageBytes);
    for (const kind of ECHO_KINDS) {
      const slices = slicesOf(rounds, kind, messageBytes);
      const own = groupsOf(slices, slicesPerRound).map(summed);
      const [rate, cpu] = [messagesPerSecond, messagesPerCpuSecond].map((measure) =>
        spreadOfRatios(slices.map(measure), bare.map(measure), slicesPerRound),
      ) as [Spread, Spread];
      rows.push({
        parameters: { "message bytes": messageBytes, server: kind },
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
        `${messageBytes} bytes: ${formatQuantity(rate.median)} of bare handlers in messages per ` +
          `second, ${formatQuantity(cpu.median)} per second of the server's core`,
      );
    }
  }
  return { rows, findings };
}

function slicesOf(
  rounds: readonly RoundResult[],
  kind: EchoKind,
  messageBytes: number,
): readonly Slice[] {
  return rounds.flatMap((round) => round.get(kind)?.get(messageBytes) ?? []);
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
