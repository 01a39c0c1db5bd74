import { describe, expect, spyOn, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { RawPeer } from "../raw-peer.ts";
import { noAction } from "../transport/recording-protocol.ts";
import { openConnection, SIDES } from "./live-connection.ts";
import { LiveServer } from "./live-server.ts";
import { RecordingFactory } from "./recording-factory.ts";

const FAULT = new Error("A fault of the protocol");

/** The two ways a callback fails; the second must be treated like the first. */
const FAILURES = {
  throws: () => {
    throw FAULT;
  },
  rejects: async () => {
    throw FAULT;
  },
} as const;

const WAYS = Object.keys(FAILURES) as (keyof typeof FAILURES)[];

describe.each(SIDES)("BunReactor, %s", (side) => {
  for (const way of WAYS) {
    const fail = FAILURES[way];

    test(`connectionMade ${way}: logged, the connection ends with that error`, async () => {
      await using live = await openConnection(side, { connectionMade: fail });
      expect(await live.protocol.lost()).toEqual({ kind: "lost", cause: FAULT });
      expect(live.logger.errors).toEqual([FAULT]);
      expect(live.protocol.events).toEqual(["connectionMade", "connectionLost"]);
    });

    test(`dataReceived ${way}: logged, the connection ends with that error`, async () => {
      await using live = await openConnection(side, { dataReceived: fail });
      const { peer, protocol, logger } = live;
      await peer.send("boom");
      expect(await protocol.lost()).toEqual({ kind: "lost", cause: FAULT });
      expect(logger.errors).toEqual([FAULT]);
      expect(protocol.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
    });

    test(`readConnectionLost ${way}: logged, the connection ends with that error`, async () => {
      await using live = await openConnection(side, { readConnectionLost: fail });
      live.peer.sendFIN();
      expect(await live.protocol.lost()).toEqual({ kind: "lost", cause: FAULT });
      expect(live.logger.errors).toEqual([FAULT]);
    });

    test(`readConnectionLost ${way} after our own half is down: logged, connectionLost follows`, async () => {
      await using live = await openConnection(side, { readConnectionLost: fail });
      const { peer, protocol, logger } = live;
      protocol.connection.loseWriteConnection();
      await peer.end();
      peer.sendFIN();
      await protocol.lost();
      expect(protocol.events).toEqual(["connectionMade", "readConnectionLost", "connectionLost"]);
      expect(logger.errors).toEqual([FAULT]);
    });

    test(`writeConnectionLost ${way}: logged, the connection ends with that error`, async () => {
      await using live = await openConnection(side, { writeConnectionLost: fail });
      live.protocol.connection.loseWriteConnection();
      expect(await live.protocol.lost()).toEqual({ kind: "lost", cause: FAULT });
      expect(live.logger.errors).toEqual([FAULT]);
    });

    test(`pauseWriting ${way}: logged, the connection ends with that error`, async () => {
      await using live = await openConnection(side, { pauseWriting: fail });
      live.peer.stopReading();
      live.protocol.connection.write(Buffer.alloc(12 * 1_048_576));
      expect(await live.protocol.lost()).toEqual({ kind: "lost", cause: FAULT });
      expect(live.logger.errors).toEqual([FAULT]);
    });

    test(`resumeWriting ${way}: logged, the connection ends with that error`, async () => {
      await using live = await openConnection(side, { resumeWriting: fail });
      live.peer.stopReading();
      live.protocol.connection.write(Buffer.alloc(12 * 1_048_576));
      live.peer.readOn();
      expect(await live.protocol.lost()).toEqual({ kind: "lost", cause: FAULT });
      expect(live.logger.errors).toEqual([FAULT]);
    });

    test(`connectionLost ${way}: logged only`, async () => {
      await using live = await openConnection(side, { connectionLost: fail });
      live.peer.sendFIN();
      expect(await live.protocol.lost()).toEqual({ kind: "done" });
      await Promise.resolve();
      expect(live.logger.errors).toEqual([FAULT]);
    });

    test(`resumeProducing of a producer ${way}: logged, the connection ends with that error`, async () => {
      await using live = await openConnection(side);
      const producer = { resumeProducing: fail, stopProducing: noAction };
      live.protocol.connection.registerProducer(producer, false);
      expect(await live.protocol.lost()).toEqual({ kind: "lost", cause: FAULT });
      expect(live.logger.errors).toEqual([FAULT]);
    });
  }

  test("something thrown that has no text form ends its connection like all else", async () => {
    for (const thrown of [Symbol("odd"), Object.create(null), undefined]) {
      await using live = await openConnection(side, {
        dataReceived: () => {
          throw thrown;
        },
      });
      await live.peer.send("boom");
      expect(await live.protocol.lost()).toMatchObject({ kind: "lost", cause: { cause: thrown } });
    }
  });

  test("something thrown that is no Error is the cause of an error that says it", async () => {
    await using live = await openConnection(side, {
      dataReceived: () => {
        throw "a string";
      },
    });
    await live.peer.send("boom");
    expect(await live.protocol.lost()).toMatchObject({
      kind: "lost",
      cause: { message: "a string", cause: "a string" },
    });
  });
});

describe("BunReactor", () => {
  test("a logger that fails does not keep the reactor from going on", async () => {
    const failing = () => {
      throw new Error("The logger has no paper");
    };
    const written: string[] = [];
    using _stderr = spyOn(process.stderr, "write").mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    const reactor = new BunReactor({ logger: { warn: failing, error: failing } });
    const factory = new RecordingFactory({
      dataReceived: ({ connection }, data) => {
        if (data.toString() === "fail") throw FAULT;
        connection.write(data);
      },
    });
    await using port = await reactor.listenTCP({}, factory);
    using bad = await RawPeer.connect({ port: port.host.port });
    await bad.send("fail");
    await bad.reset();
    using good = await RawPeer.connect({ port: port.host.port });
    await good.send("still here");
    await good.receives(10);
    expect(written.join("")).toContain("The logger has no paper");
    expect(written.join("")).toContain(FAULT.message);
  });

  test("an error in one connection leaves the others alone", async () => {
    await using server = await LiveServer.listen({
      dataReceived: ({ connection }, data) => {
        if (data.toString() === "fail") throw FAULT;
        connection.write(data);
      },
    });
    const good = await server.connection();
    const bad = await server.connection();
    await bad.peer.send("fail");
    await bad.protocol.lost();
    await good.peer.send("still here");
    expect((await good.peer.receives(10)).toString()).toBe("still here");
    expect(good.protocol.reason).toBeNull();
  });

  test("draining that throws: logged, that connection ends, the drain goes on", async () => {
    await using server = await LiveServer.listen({
      draining: () => {
        throw FAULT;
      },
    });
    const one = await server.connection();
    const two = await server.connection();
    await server.port.drain();
    expect(await one.protocol.lost()).toEqual({ kind: "lost", cause: FAULT });
    expect(await two.protocol.lost()).toEqual({ kind: "lost", cause: FAULT });
    expect(server.logger.errors).toEqual([FAULT, FAULT]);
  });
});
