import { describe, expect, test } from "bun:test";
import { type ShapingPolicy, withShaping } from "../../src/policies/with-shaping.ts";
import { SendBufferFullError } from "../../src/reactor/close-reason.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import type { MemoryReactorOptions } from "../../src/testing/memory-reactor.ts";
import { type Actions, noAction } from "../transport/recording-protocol.ts";
import { ECHO, type Policy, PolicedServer } from "./policed-server.ts";

type Rates = Omit<ShapingPolicy, "clock">;

function shaped(rates: Rates, actions: Actions = {}, options: MemoryReactorOptions = {}) {
  const policy: Policy = (factory, clock) => withShaping(factory, { clock, ...rates });
  return new PolicedServer(policy, actions, options);
}

/** Bytes of which no two neighbours are alike, so that order can be checked. */
function bytes(count: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: count }, (_, index) => index % 251));
}

describe("withShaping: writing", () => {
  test("what is written leaves at the rate, in order, and the burst at once", async () => {
    const policed = shaped({ write: { bytesPerSecond: 1_000, burstBytes: 100 } });
    const client = await policed.connect();
    policed.server.connection.write(bytes(1_100));
    policed.reactor.flush();
    expect(client.receivedBytes).toBeLessThanOrEqual(200);
    policed.reactor.advance(500);
    expect(client.receivedBytes).toBeGreaterThanOrEqual(500);
    expect(client.receivedBytes).toBeLessThanOrEqual(700);
    policed.reactor.advance(600);
    expect(client.received).toEqual(bytes(1_100));
  });

  test("nothing is sent, and no timer runs, while nothing is written", async () => {
    const policed = shaped({ write: { bytesPerSecond: 1_000 } });
    await policed.connect();
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("totalWrite is shared by all connections", async () => {
    const policed = shaped({ totalWrite: { bytesPerSecond: 1_000, burstBytes: 10 } });
    const clients = [await policed.connect(), await policed.connect()];
    for (const server of policed.servers) server.connection.write(bytes(1_000));
    policed.reactor.advance(1_000);
    const sum = clients.reduce((total, client) => total + client.receivedBytes, 0);
    expect(sum).toBeGreaterThanOrEqual(980);
    expect(sum).toBeLessThanOrEqual(1_040);
    policed.reactor.advance(1_100);
    for (const client of clients) expect(client.received).toEqual(bytes(1_000));
  });

  test("loseConnection waits for what was written before, and drops what comes after", async () => {
    const policed = shaped({ write: { bytesPerSecond: 1_000, burstBytes: 10 } });
    const client = await policed.connect();
    policed.server.connection.write(bytes(500));
    policed.server.connection.loseConnection();
    expect(policed.server.connection.write("too late")).toBe(false);
    policed.reactor.advance(400);
    expect(client.reason).toBeNull();
    policed.reactor.advance(200);
    expect(client.received).toEqual(bytes(500));
    expect(client.reason).toEqual({ kind: "done" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("a peer that half-closes still gets the whole answer", async () => {
    const policed = shaped({ write: { bytesPerSecond: 1_000, burstBytes: 10 } }, ECHO);
    const client = await policed.connect();
    client.connection.write(bytes(500));
    client.connection.loseWriteConnection();
    policed.reactor.advance(1_000);
    expect(client.received).toEqual(bytes(500));
    expect(client.reason).toEqual({ kind: "done" });
  });

  test("loseWriteConnection ends the writing side after what waits", async () => {
    const policed = shaped(
      { write: { bytesPerSecond: 1_000, burstBytes: 10 } },
      { readConnectionLost: (me) => me.connection.loseConnection() },
    );
    const client = await policed.connect(undefined, { readConnectionLost: noAction });
    policed.server.connection.write(bytes(200));
    policed.server.connection.loseWriteConnection();
    policed.reactor.advance(100);
    expect(client.events).not.toContain("readConnectionLost");
    policed.reactor.advance(200);
    expect(client.received).toEqual(bytes(200));
    expect(client.events).toContain("readConnectionLost");
    client.connection.abortConnection();
  });

  test("abortConnection drops what waits, and leaves no timer", async () => {
    const policed = shaped({ write: { bytesPerSecond: 10, burstBytes: 10 } });
    const client = await policed.connect();
    policed.server.connection.write(bytes(500));
    policed.server.connection.abortConnection();
    policed.reactor.flush();
    expect(client.reason?.kind).toBe("lost");
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("the water marks are about what waits for its turn", async () => {
    const policed = shaped(
      { write: { bytesPerSecond: 10_000, burstBytes: 100 } },
      { pauseWriting: noAction, resumeWriting: noAction },
    );
    const client = await policed.connect();
    const { server } = policed;
    server.connection.setWriteLimits({ low: 1_000, high: 4_000 });
    expect(server.connection.write(bytes(6_000))).toBe(false);
    expect(server.connection.bufferedAmount).toBeGreaterThan(5_000);
    let drained = false;
    void server.connection.drained().then(() => {
      drained = true;
    });
    policed.reactor.advance(300);
    expect(server.events).toEqual(["connectionMade", "pauseWriting"]);
    policed.reactor.advance(300);
    await Promise.resolve();
    expect(server.events).toEqual(["connectionMade", "pauseWriting", "resumeWriting"]);
    expect(drained).toBe(true);
    client.connection.abortConnection();
  });

  test("an echo whose answers wait stops reading, and loses nothing", async () => {
    const policed = shaped({ write: { bytesPerSecond: 100_000, burstBytes: 1_000 } }, ECHO);
    const client = await policed.connect();
    client.connection.write(bytes(500_000));
    policed.reactor.advance(1_000);
    expect(policed.server.receivedBytes).toBeLessThan(400_000);
    policed.reactor.advance(5_000);
    expect(client.received).toEqual(bytes(500_000));
    client.connection.abortConnection();
  });

  test("a push producer is paused and resumed, a pull producer asked for each piece", async () => {
    for (const streaming of [true, false]) {
      const policed = shaped({ write: { bytesPerSecond: 10_000, burstBytes: 1_000 } });
      const client = await policed.connect();
      const { connection } = policed.server;
      connection.setWriteLimits({ low: 1_000, high: 4_000 });
      let written = 0;
      let paused = false;
      const writePiece = () => {
        connection.write(bytes(1_000));
        written += 1_000;
        if (written === 20_000) connection.unregisterProducer();
      };
      const producer = {
        pauseProducing: () => {
          paused = true;
        },
        resumeProducing: () => {
          paused = false;
          if (!streaming) writePiece();
          else while (!paused && written < 20_000) writePiece();
        },
        stopProducing: noAction as () => void,
      };
      if (streaming) connection.registerProducer(producer, true);
      else connection.registerProducer(producer, false);
      if (streaming) producer.resumeProducing();
      // The high mark, the piece that went above it, and the burst that is on its way.
      expect(connection.bufferedAmount).toBeLessThanOrEqual(6_000);
      policed.reactor.advance(3_000);
      expect(client.receivedBytes).toBe(20_000);
      client.connection.abortConnection();
    }
  });

  test("more than the hard limit is lost, with SendBufferFullError", async () => {
    const logger = new MemoryLogger();
    const policed = shaped({ write: { bytesPerSecond: 10, burstBytes: 10 } }, {}, { logger });
    await policed.connect();
    policed.server.connection.setWriteLimits({ low: 0, high: 0, max: 1_000 });
    policed.server.connection.write(bytes(2_000));
    policed.reactor.flush();
    const { reason } = policed.server;
    expect(reason?.kind === "lost" && reason.cause).toBeInstanceOf(SendBufferFullError);
  });

  test("a close that a stuck peer holds up is given up after the close timeout", async () => {
    const policed = shaped({ write: { bytesPerSecond: 10_000_000 } });
    const client = await policed.connect();
    client.connection.pauseProducing();
    policed.server.connection.write(bytes(1_000_000));
    policed.server.connection.loseConnection({ timeoutMs: 1_000 });
    policed.reactor.advance(5_000);
    expect(policed.server.reason).toEqual({ kind: "aborted" });
  });
});

describe("withShaping: reading", () => {
  test("a peer is read no faster than the rate, and loses nothing", async () => {
    const rate = { bytesPerSecond: 1_000, burstBytes: 100 };
    const policed = shaped({ read: rate }, {}, { maxChunkBytes: 50 });
    const client = await policed.connect();
    client.connection.write(bytes(2_500));
    policed.reactor.advance(1_000);
    expect(policed.server.receivedBytes).toBeGreaterThanOrEqual(1_000);
    expect(policed.server.receivedBytes).toBeLessThanOrEqual(1_200);
    policed.reactor.advance(1_500);
    expect(policed.server.received).toEqual(bytes(2_500));
    client.connection.loseConnection();
    policed.reactor.advance(5_000);
    expect(policed.server.reason).toEqual({ kind: "done" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("a pause of the protocol's own outlasts the pace", async () => {
    const policed = shaped({ read: { bytesPerSecond: 1_000, burstBytes: 100 } });
    const client = await policed.connect();
    client.connection.write(bytes(500));
    policed.reactor.flush();
    policed.server.connection.pauseProducing();
    client.connection.write(bytes(500));
    policed.reactor.advance(10_000);
    expect(policed.server.receivedBytes).toBe(100);
    policed.server.connection.resumeProducing();
    policed.reactor.advance(1_000);
    expect(policed.server.receivedBytes).toBe(1_000);
    client.connection.abortConnection();
  });

  test("both directions at once, for all connections together", async () => {
    const rate = { bytesPerSecond: 1_000, burstBytes: 100 };
    const policed = shaped({ totalRead: rate, totalWrite: rate }, ECHO);
    const clients = [await policed.connect(), await policed.connect()];
    for (const client of clients) client.connection.write(bytes(400));
    policed.reactor.advance(3_000);
    for (const client of clients) {
      expect(client.received).toEqual(bytes(400));
      client.connection.abortConnection();
    }
  });

  for (const bad of [0, -1, Number.NaN]) {
    test(`a rate of ${bad} is refused when the policy is made`, () => {
      const make = () => shaped({ write: { bytesPerSecond: bad } });
      expect(make).toThrow(RangeError);
    });
  }

  for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`a checkEveryMs of ${bad} is refused when the policy is made`, () => {
      const make = () => shaped({ read: { bytesPerSecond: 10 }, checkEveryMs: bad });
      expect(make).toThrow(`checkEveryMs of ${bad}`);
    });
  }
});
