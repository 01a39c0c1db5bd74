/** What a connection on which nothing happens costs the server in resident memory. */
import { alternatingRounds } from "../alternating-rounds.ts";
import {
  type Benchmark,
  type BenchmarkReport,
  type BenchmarkSettings,
  mustEqual,
} from "../benchmark.ts";
import { ChildProcess } from "../child-process.ts";
import { descriptorLimit } from "../descriptor-limit.ts";
import {
  ECHO_KINDS,
  ECHO_SERVER_SCRIPT,
  type EchoKind,
  type EchoServerCalls,
} from "../echo-server/echo-server-process.ts";
import { formatQuantity } from "../quantity.ts";
import { spreadOf } from "../spread.ts";
import { IDLE_CLIENT_SCRIPT, type IdleClientCalls } from "./idle-client-process.ts";

const SIZES = {
  full: { connections: 10_000, warmUp: 500 },
  smoke: { connections: 100, warmUp: 10 },
} as const;

/** What a process needs besides its connections; the server keeps 64 in reserve itself. */
const OTHER_DESCRIPTORS = 256;

/** Memory per connection, in bytes. */
interface Sample {
  /** Accepted, and nothing since. */
  readonly idleBytes: number;
  /** After one byte each has come and gone. */
  readonly usedBytes: number;
}

/** Resident memory per idle connection. */
export const IDLE_CONNECTIONS: Benchmark = {
  name: "idle-connections",
  summary: "resident memory of the server per idle connection, against bare Bun.listen handlers",
  async run(settings) {
    const wanted = SIZES[settings.size].connections;
    const limit = descriptorLimit();
    const connections = Math.min(wanted, limit - OTHER_DESCRIPTORS);
    const samples = await alternatingRounds(ECHO_KINDS, settings.rounds, (kind, round) => {
      settings.progress(`idle-connections: ${kind}, round ${round + 1} of ${settings.rounds}`);
      return measure(kind, settings, connections);
    });
    const { rows, findings } = report(samples, connections);
    const fewer = `${connections} connections instead of ${wanted}: the limit of descriptors is `;
    return { rows, findings: connections < wanted ? [`${fewer}${limit}`, ...findings] : findings };
  },
};

async function measure(
  kind: EchoKind,
  { size }: BenchmarkSettings,
  connections: number,
): Promise<Sample> {
  const { warmUp } = SIZES[size];
  const options = { descriptors: connections + OTHER_DESCRIPTORS };
  await using server = new ChildProcess<EchoServerCalls>(ECHO_SERVER_SCRIPT, [kind], options);
  await using client = new ChildProcess<IdleClientCalls>(IDLE_CLIENT_SCRIPT, [], options);
  const port = await server.call("listen");
  // What the first connections load and compile is there once, not for each.
  await client.call("open", port, warmUp);
  mustEqual(`Echoes of ${kind}`, await client.call("echoOnEach"), warmUp);
  await client.call("close");
  const bytesBefore = await server.call("residentBytes");
  await client.call("open", port, connections);
  const idleBytes = (await server.call("residentBytes")) - bytesBefore;
  mustEqual(`Connections of ${kind}`, await server.call("connections"), connections);
  mustEqual(`Echoes of ${kind}`, await client.call("echoOnEach"), connections);
  const usedBytes = (await server.call("residentBytes")) - bytesBefore;
  return { idleBytes: idleBytes / connections, usedBytes: usedBytes / connections };
}

function report(
  samples: ReadonlyMap<EchoKind, readonly Sample[]>,
  connections: number,
): BenchmarkReport {
  const rows = ECHO_KINDS.map((server) => {
    const own = samples.get(server) ?? [];
    return {
      parameters: { server, connections },
      measures: {
        "bytes/idle connection": spreadOf(own.map(({ idleBytes }) => idleBytes)),
        "bytes/used connection": spreadOf(own.map(({ usedBytes }) => usedBytes)),
      },
    };
  });
  const findings = rows.map(
    ({ parameters, measures }) =>
      `${parameters.server}: ${formatQuantity(measures["bytes/idle connection"].median)} bytes ` +
      `of resident memory for each of ${connections} idle connections`,
  );
  return { rows, findings };
}
