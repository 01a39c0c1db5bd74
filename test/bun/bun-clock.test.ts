import { describe, expect, test } from "bun:test";
import { BunClock } from "../../src/bun/bun-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { Turn } from "../../src/transport/turn.ts";
import { LiveServer } from "./live-server.ts";

/** Longer than a round of calls may take. */
const LONG_MS = 20;

function clockWithTurn() {
  const logger = new MemoryLogger();
  const turn = new Turn({ soon: queueMicrotask, nextTurn: setImmediate }, logger);
  return { clock: new BunClock(turn, logger), turn, logger };
}

/** Resolves when the clock gets to a call made now. */
function made(clock: BunClock): Promise<void> {
  return new Promise((resolve) => void clock.callLater(0, resolve));
}

describe("BunClock", () => {
  test("what fails at the end of a call's turn does not keep later calls from running", async () => {
    const { clock, turn, logger } = clockWithTurn();
    const fault = new Error("A fault of the turn");
    const fail = () => {
      throw fault;
    };
    clock.callLater(0, () => turn.add({ turnEnded: fail, turnFailed: fail }));
    await made(clock);
    await made(clock);
    expect(logger.errors).toContain(fault);
  });

  test("an object that throws whatever is done with it is a fault like any other", async () => {
    const { clock, logger } = clockWithTurn();
    const fault = new Error("Not to be looked at");
    const fail = () => {
      throw fault;
    };
    const untouchable = new Proxy({}, { get: fail, getPrototypeOf: fail, has: fail });
    clock.callLater(0, () => untouchable);
    clock.callLater(0, () => {
      throw untouchable;
    });
    await made(clock);
    expect(logger.reports).toHaveLength(2);
  });

  test("a call that makes and moves others leaves their order as it should be", async () => {
    const { clock } = clockWithTurn();
    const order: string[] = [];
    const moved = clock.callLater(60_000, () => order.push("moved into the past"));
    clock.callLater(0, () => {
      moved.delay(-120_000);
      clock.callLater(0, () => order.push("made"));
    });
    for (let index = 0; index < 3; index++) clock.callLater(0, () => order.push(`due ${index}`));
    await made(clock);
    await made(clock);
    expect(order).toEqual(["due 0", "due 1", "due 2", "moved into the past", "made"]);
  });
});

describe("BunReactor.callLater: many calls that are due together", () => {
  test("sockets get their turn between them, and the calls stay in order", async () => {
    const order: (number | "data")[] = [];
    await using server = await LiveServer.listen({ dataReceived: () => order.push("data") });
    const { peer, protocol } = await server.connection();
    const { reactor } = server;
    // Sent inside the first call, so that it is there before the second one.
    const done = Promise.withResolvers<void>();
    reactor.callLater(0, () => void peer.send("now"));
    for (let index = 0; index < 5; index++) {
      reactor.callLater(0, () => {
        order.push(index);
        for (const end = reactor.now() + LONG_MS; reactor.now() < end;);
      });
    }
    reactor.callLater(0, done.resolve);
    await done.promise;
    await protocol.receives(3);
    expect(order.filter((each) => each !== "data")).toEqual([0, 1, 2, 3, 4]);
    expect(order.indexOf("data")).toBeLessThan(order.indexOf(4));
  });
});
