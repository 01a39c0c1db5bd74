import { describe, expect, test } from "bun:test";
import { ClientService } from "../../src/application/client-service.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { milliseconds, vectorsOf } from "../vectors/protocol-vectors.ts";
import { Client, type ScriptedAttempt, ScriptedEndpoint } from "./scripted-endpoint.ts";

interface ClientServiceVector {
  readonly closeTakes: number;
  readonly attempts: readonly (readonly ["ok" | "fail", number] | readonly ["hang"])[];
  readonly ops: readonly (readonly [string, ...(string | number)[]])[];
  readonly expect: readonly unknown[][];
}

/** What the vectors call the errors of ours. */
const VECTOR_NAMES: Readonly<Record<string, string>> = { ServiceStoppedError: "CancelledError" };

async function eventsOf(vector: ClientServiceVector): Promise<unknown[][]> {
  const attempts = vector.attempts.map(([outcome, after]): ScriptedAttempt => {
    return outcome === "hang" ? ["hang"] : [outcome, milliseconds(after ?? 0)];
  });
  const endpoint = new ScriptedEndpoint(attempts, milliseconds(vector.closeTakes));
  const service = new ClientService(endpoint, Factory.forProtocol(Client), {
    clock: endpoint.reactor,
    retry: (attempt) => milliseconds(attempt),
    logger: new MemoryLogger(),
  });
  for (const [op, first, second] of vector.ops) {
    if (op === "start") void service.start();
    else if (op === "stop") void service.stop().then(() => endpoint.record("stopped"));
    else if (op === "advance") await endpoint.advance(milliseconds(Number(first)));
    else if (op === "whenConnected") {
      const patience = second === undefined ? {} : { failAfterFailures: Number(second) };
      service.whenConnected(patience).then(
        () => endpoint.record("whenConnected", first, "connected"),
        (error: Error) =>
          endpoint.record("whenConnected", first, VECTOR_NAMES[error.name] ?? error.name),
      );
    } else throw new Error(`There is no op ${op}`);
    await endpoint.settle();
  }
  return endpoint.events;
}

/** What happens at one time may come in any order. */
function byTime(events: readonly unknown[][]): unknown[][] {
  const time = (event: unknown[]) => event.at(-1) as number;
  return events.toSorted((a, b) => time(a) - time(b) || (String(a) < String(b) ? -1 : 1));
}

describe("clientService vectors", () => {
  for (const vector of vectorsOf<ClientServiceVector>("clientService")) {
    test(vector.id, async () => {
      const expected = vector.expect.map((event) => {
        return [...event.slice(0, -1), milliseconds(event.at(-1) as number)];
      });
      expect(byTime(await eventsOf(vector))).toEqual(byTime(expected));
    });
  }
});
