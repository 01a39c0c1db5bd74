import { expect, test } from "bun:test";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { AdmittingFactory } from "../admitting-factory.ts";
import { RecordingProtocol } from "./recording-protocol.ts";

class Quiet extends Protocol {}

test("StreamPort: a second startListening resolves with the first, not before it", async () => {
  const reactor = new MemoryReactor();
  const port = await reactor.listenTCP({ port: 7 }, Factory.forProtocol(Quiet));
  await port.stopListening();
  const order: string[] = [];
  const first = port.startListening().then(() => order.push("first"));
  const second = port.startListening().then(() => order.push("second"));
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "second"]);
});

test("StreamPort: stopListening while it starts stops it once it has started", async () => {
  const reactor = new MemoryReactor();
  const port = await reactor.listenTCP({ port: 7 }, Factory.forProtocol(Quiet));
  await port.stopListening();
  const started = port.startListening();
  await port.stopListening();
  await started;
  const connecting = reactor.connectTCP({ host: "127.0.0.1", port: 7 }, Factory.forProtocol(Quiet));
  await expect(connecting).rejects.toThrow("ECONNREFUSED");
});

/** What is called, in this order and without waiting, and whether the port listens afterwards. */
const CALLS: readonly [readonly ("start" | "stop" | "drain")[], boolean][] = [
  [["stop"], false],
  [["stop", "start"], true],
  [["stop", "start", "stop"], false],
  [["stop", "start", "stop", "start"], true],
  [["start", "stop", "stop", "start", "start"], true],
  [["drain", "start"], true],
  [["stop", "start", "drain"], false],
  [["drain", "start", "drain", "start", "stop", "start"], true],
];
for (const [calls, listens] of CALLS) {
  test(`StreamPort: ${calls.join(", ")}, not awaited: it ${listens ? "listens" : "does not"}`, async () => {
    const reactor = new MemoryReactor();
    const factory = new AdmittingFactory(() => new Quiet());
    const port = await reactor.listenTCP({ port: 7 }, factory);
    const settled: string[] = [];
    const all = calls.map(async (call) => {
      if (call === "start") await port.startListening();
      else if (call === "stop") await port.stopListening();
      else await port.drain();
      settled.push(call);
    });
    await Promise.all(all);
    expect(settled).toEqual([...calls]);
    const connecting = reactor.connectTCP(
      { host: "127.0.0.1", port: 7 },
      Factory.forProtocol(Quiet),
    );
    const connected = await connecting.then(
      () => true,
      () => false,
    );
    expect(connected).toBe(listens);
  });
}

test("StreamPort: a start that fails is told of, and a later one is tried anew", async () => {
  const reactor = new MemoryReactor();
  const port = await reactor.listenTCP({ port: 7 }, Factory.forProtocol(Quiet));
  await port.stopListening();
  const other = await reactor.listenTCP({ port: 7 }, Factory.forProtocol(Quiet));
  const outcomes = await Promise.allSettled([
    port.startListening(),
    other.stopListening(),
    port.startListening(),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
});

test("StreamPort: a drain waits for its own connections, not for those that come after a start", async () => {
  const reactor = new MemoryReactor();
  const port = await reactor.listenTCP({ port: 7 }, Factory.forProtocol(Quiet));
  const where = { host: "127.0.0.1", port: 7 };
  const early = await reactor.connectTCP(where, new Factory(() => new RecordingProtocol()));
  const drained = port.drain();
  await port.startListening();
  await reactor.connectTCP(where, new Factory(() => new RecordingProtocol()));
  early.connection.abortConnection();
  await drained;
  expect(port.connections.size).toBe(1);
});

test("StreamPort: one that is still opening when its reactor stops is stopped with it", async () => {
  const reactor = new MemoryReactor();
  const running = reactor.run();
  const port = await reactor.listenTCP({ port: 7 }, Factory.forProtocol(Quiet));
  await port.stopListening();
  const starting = port.startListening();
  await reactor.stop();
  await Promise.all([running, starting]);
  const again = reactor.run();
  const connecting = reactor.connectTCP({ host: "127.0.0.1", port: 7 }, Factory.forProtocol(Quiet));
  await expect(connecting).rejects.toThrow("ECONNREFUSED");
  await reactor.stop();
  await again;
});
