/** Whether memory stays flat while connections come and go, and how fast they do. */
import { alternatingRounds } from "../alternating-rounds.ts";
import {
  type Benchmark,
  type BenchmarkReport,
  type BenchmarkSettings,
  mustEqual,
} from "../benchmark.ts";
import { ChildProcess } from "../child-process.ts";
import {
  ECHO_KINDS,
  ECHO_SERVER_SCRIPT,
  type EchoKind,
  type EchoServerCalls,
} from "../echo-server/echo-server-process.ts";
import { formatQuantity } from "../quantity.ts";
import { type Spread, spreadOf } from "../spread.ts";
import { CHURN_CLIENT_SCRIPT, type ChurnClientCalls } from "./churn-client-process.ts";

/** Memory is looked at after every `cycles / samples`. */
const SIZES = {
  full: { cycles: 60_000, samples: 6, warmUp: 5_000 },
  smoke: { cycles: 300, samples: 3, warmUp: 20 },
} as const;

const CONNECTIONS_AT_ONCE = 64;

/** So that the client never runs out of ports of its own: see `ChurnClientCalls`. */
const SERVER_PORTS = 4;

interface Sample {
  readonly bytesBefore: number;
  /** Resident memory after each part of the cycles. */
  readonly bytes: readonly number[];
  readonly connectionsPerSecond: number;
}

/** Connect, echo a byte, close. */
export const CONNECTION_CHURN: Benchmark = {
  name: "connection-churn",
  summary: "memory and rate over many connections that come and go, against bare Bun.listen",
  async run(settings) {
    const samples = await alternatingRounds(ECHO_KINDS, settings.rounds, (kind, round) => {
      settings.progress(`connection-churn: ${kind}, round ${round + 1} of ${settings.rounds}`);
      return measure(kind, settings);
    });
    return report(samples, settings);
  },
};

async function measure(kind: EchoKind, { size }: BenchmarkSettings): Promise<Sample> {
  const { cycles, samples, warmUp } = SIZES[size];
  await using server = new ChildProcess<EchoServerCalls>(ECHO_SERVER_SCRIPT, [kind]);
  await using client = new ChildProcess<ChurnClientCalls>(CHURN_CLIENT_SCRIPT);
  const ports: number[] = [];
  for (let index = 0; index < SERVER_PORTS; index++) ports.push(await server.call("listen"));
  const churn = async (count: number) => {
    const right = await client.call("churn", ports, count, CONNECTIONS_AT_ONCE);
    mustEqual(`Connections that ${kind} served`, right, count);
  };
  await churn(warmUp);
  const bytesBefore = await server.call("residentBytes");
  const bytes: number[] = [];
  let elapsedMs = 0;
  for (let part = 0; part < samples; part++) {
    const startedAt = performance.now();
    await churn(cycles / samples);
    elapsedMs += performance.now() - startedAt;
    bytes.push(await server.call("residentBytes"));
  }
  mustEqual(`Connections that ${kind} still holds`, await server.call("connections"), 0);
  return { bytesBefore, bytes, connectionsPerSecond: (cycles / elapsedMs) * 1e3 };
}

function report(
  samples: ReadonlyMap<EchoKind, readonly Sample[]>,
  { size }: BenchmarkSettings,
): BenchmarkReport {
  const { cycles } = SIZES[size];
  const rows = ECHO_KINDS.map((server) => {
    const own = samples.get(server) ?? [];
    return {
      parameters: { server, cycles },
      measures: {
        "connections/s": spreadOf(own.map((each) => each.connectionsPerSecond)),
        "bytes before": spreadOf(own.map(({ bytesBefore }) => bytesBefore)),
        ...memoryMeasures(own, size),
        "growth in bytes/connection": spreadOf(own.map((each) => growth(each) / cycles)),
      },
    };
  });
  const findings = rows.map(
    ({ parameters, measures }) =>
      `${parameters.server}: memory grew by ` +
      `${formatQuantity(measures["growth in bytes/connection"].median)} bytes per connection ` +
      `over ${cycles} connections`,
  );
  return { rows, findings };
}

function memoryMeasures(own: readonly Sample[], size: "full" | "smoke"): Record<string, Spread> {
  const { cycles, samples } = SIZES[size];
  const measures: Record<string, Spread> = {};
  for (let part = 0; part < samples; part++) {
    const after = (cycles / samples) * (part + 1);
    measures[`after ${after}`] = spreadOf(own.map(({ bytes }) => bytes[part] ?? Number.NaN));
  }
  return measures;
}

function growth({ bytesBefore, bytes }: Sample): number {
  return (bytes.at(-1) ?? Number.NaN) - bytesBefore;
}
