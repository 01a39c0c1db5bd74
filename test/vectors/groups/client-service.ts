import { ClientService } from "../../../src/application/client-service.ts";
import { Factory } from "../../../src/reactor/factory.ts";
import { MemoryLogger } from "../../../src/testing/memory-logger.ts";
import {
  Client,
  type ScriptedAttempt,
  ScriptedEndpoint,
} from "../../application/scripted-endpoint.ts";
import { mapped } from "../notation/kind.ts";
import { choice, onMicrosecondGrid, seconds, text, wholeNumber } from "../notation/scalars.ts";
import { listOf, verbs, type VerbsOf, withDefault } from "../notation/shapes.ts";
import { type Observation, type VectorGroup, vectorGroup } from "../vector-group.ts";
import { withinTimesSorted, stepOf } from "./time-grid.ts";

/** The one policy of the vectors: so many seconds after so many failures. */
const RETRY_POLICY = "attempt => attempt (seconds)";
const RETRY_STEP_MS = 1_000;

const OPERATIONS = {
  start: [],
  stop: [],
  advance: [seconds],
  /** By name; it gives up after so many failures, or never. */
  whenConnected: [text, withDefault(wholeNumber, undefined)],
} as const;

const EVENTS = {
  attempt: [wholeNumber, seconds],
  attemptCancelled: [wholeNumber, seconds],
  connected: [wholeNumber, seconds],
  stopped: [seconds],
  whenConnected: [text, choice("connected", "CancelledError", "ConnectionRefusedError"), seconds],
} as const;

/** What the vectors call the errors of ours. */
const VECTOR_NAMES: Readonly<Record<string, string>> = { ServiceStoppedError: "CancelledError" };

interface ServiceInput {
  readonly closeTakes: number;
  readonly attempts: readonly ScriptedAttempt[];
  readonly ops: readonly VerbsOf<typeof OPERATIONS>[];
}

/** A service that keeps a connection, on both kinds of clock. */
export const CLIENT_SERVICE: VectorGroup = vectorGroup({
  name: "clientService",
  input: {
    retryPolicy: choice(RETRY_POLICY),
    closeTakes: seconds,
    attempts: listOf(verbs({ ok: [seconds], fail: [seconds], hang: [] })),
    ops: listOf(verbs(OPERATIONS)),
  },
  expect: mapped(listOf(verbs(EVENTS)), withinTimesSorted),
  async observe(input) {
    const observations: Observation[] = [];
    for (const move of ["advance", "jump"] as const) {
      const outcome = withinTimesSorted(await eventsOf(input, move));
      observations.push({ how: `on a clock that moves by ${move}`, outcome });
    }
    return observations;
  },
});

async function eventsOf(input: ServiceInput, move: "advance" | "jump"): Promise<unknown[][]> {
  const endpoint = new ScriptedEndpoint([...input.attempts], input.closeTakes);
  const service = new ClientService(endpoint, Factory.forProtocol(Client), {
    clock: endpoint.reactor,
    retry: (attempt) => attempt * RETRY_STEP_MS,
    logger: new MemoryLogger(),
  });
  const stepMs = stepOf(timesOf(input));
  for (const op of input.ops) {
    switch (op[0]) {
      case "start":
        void service.start();
        break;
      case "stop":
        void service.stop().then(() => endpoint.record("stopped"));
        break;
      case "advance":
        await endpoint.advance(op[1], stepMs, move);
        break;
      case "whenConnected":
        noteConnected(service, endpoint, op);
        break;
    }
    await endpoint.settle();
  }
  return endpoint.events.map((event) => [...event.slice(0, -1), onGrid(event.at(-1))]);
}

/** Notes what somebody who waits for the connection gets. */
function noteConnected(
  service: ClientService<Client>,
  endpoint: ScriptedEndpoint,
  [, name, failures]: Extract<VerbsOf<typeof OPERATIONS>, readonly ["whenConnected", ...unknown[]]>,
): void {
  const patience = failures === undefined ? {} : { failAfterFailures: failures };
  service.whenConnected(patience).then(
    () => endpoint.record("whenConnected", name, "connected"),
    (error: Error) =>
      endpoint.record("whenConnected", name, VECTOR_NAMES[error.name] ?? error.name),
  );
}

function timesOf({ closeTakes, attempts, ops }: ServiceInput): number[] {
  const advances = ops.flatMap((op) => (op[0] === "advance" ? [op[1]] : []));
  return [RETRY_STEP_MS, closeTakes, ...attempts.flatMap(([, ms = 0]) => [ms]), ...advances];
}

function onGrid(time: unknown): number {
  return onMicrosecondGrid(Number(time));
}
