import { expect, test } from "bun:test";
import { ConnectingCancelledError } from "../../src/reactor/connect-error.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { NO_TLS } from "../../src/testing/no-tls.ts";
import type { ConnectCandidate } from "../../src/transport/connect-candidate.ts";
import { ConnectionSet } from "../../src/transport/connection-set.ts";
import { StreamConnector } from "../../src/transport/stream-connector.ts";
import { Turn } from "../../src/transport/turn.ts";
import { RecordingFactory } from "./recording-factory.ts";

// The runtime sometimes runs waiting promises inside the call that begins to connect.
test("StreamConnector: a cancellation that comes while an attempt begins ends that attempt", async () => {
  const controller = new AbortController();
  let givenUp = 0;
  const candidate: ConnectCandidate = {
    description: "tcp 192.0.2.1:7",
    begin() {
      controller.abort();
      return { giveUp: () => void givenUp++ };
    },
  };
  const logger = new MemoryLogger();
  const context = {
    turn: new Turn({ soon: queueMicrotask, nextTurn: setImmediate }, logger),
    clock: new ManualClock(),
    logger,
    tls: NO_TLS,
  };
  const books = { connecting: new Set<never>(), connections: new ConnectionSet() };
  const factory = new RecordingFactory();
  const options = { signal: controller.signal };
  const connector = new StreamConnector("somewhere", factory, context, books, options);
  const error = await connector.connect(async () => [candidate]).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ConnectingCancelledError);
  expect(givenUp).toBe(1);
  expect(factory.uses).toEqual(["start", "stop"]);
});
