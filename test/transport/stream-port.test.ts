import { expect, test } from "bun:test";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";

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
  expect(connecting).rejects.toThrow("ECONNREFUSED");
});
