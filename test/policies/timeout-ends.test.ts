import { describe, expect, test } from "bun:test";
import { type TimeoutPolicy, withTimeout } from "../../src/policies/with-timeout.ts";
import type { StreamOptions } from "../../src/reactor/stream-transport.ts";
import type { MemoryReactorOptions } from "../../src/testing/memory-reactor.ts";
import { type Actions, noAction } from "../transport/recording-protocol.ts";
import { PolicedServer } from "./policed-server.ts";

const SILENT_PRODUCER = {
  pauseProducing: noAction as () => void,
  resumeProducing: noAction as () => void,
  stopProducing: noAction as () => void,
};

/** A client that reads one chunk each time it is resumed. */
const SIPPING: Actions = {
  connectionMade: (me) => me.connection.pauseProducing(),
  dataReceived: (me) => me.connection.pauseProducing(),
};

function limited(
  limits: Omit<TimeoutPolicy, "clock">,
  actions: Actions = {},
  options: StreamOptions & MemoryReactorOptions = {},
): PolicedServer {
  return new PolicedServer(
    (factory, clock) => withTimeout(factory, { clock, ...limits }),
    actions,
    options,
  );
}

describe("withTimeout: what is not silence", () => {
  test("readMs does not run once the peer has finished sending", async () => {
    const policed = limited({ readMs: 100 }, { readConnectionLost: noAction });
    const client = await policed.connect();
    client.connection.loseWriteConnection();
    policed.reactor.advance(10_000);
    expect(client.reason).toBeNull();
    policed.server.connection.pauseProducing();
    policed.server.connection.resumeProducing();
    policed.reactor.advance(10_000);
    expect(client.reason).toBeNull();
    policed.server.connection.loseConnection();
    policed.reactor.flush();
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("resumeProducing without a pause does not start readMs anew", async () => {
    const policed = limited({ readMs: 100 });
    const client = await policed.connect();
    policed.reactor.advance(60);
    policed.server.connection.resumeProducing();
    policed.reactor.advance(40);
    expect(client.reason).toEqual({ kind: "done" });
  });

  test("a backlog that the peer goes on taking is traffic", async () => {
    for (const limits of [{ idleMs: 100 }, { writeMs: 100 }]) {
      const policed = limited(limits, {}, { bufferBytes: 1_000 });
      const client = await policed.connect(undefined, SIPPING);
      policed.server.connection.write(Buffer.alloc(10_000));
      for (let round = 0; round < 5; round++) {
        policed.reactor.advance(100);
        client.connection.resumeProducing();
        policed.reactor.flush();
      }
      expect(client.receivedBytes).toBe(5_000);
      expect(policed.server.connection.disconnecting).toBe(false);
      client.connection.abortConnection();
    }
  });

  test("a backlog of which the peer takes nothing is not, after twice the time", async () => {
    const policed = limited({ idleMs: 100 }, {}, { bufferBytes: 1_000 });
    const client = await policed.connect();
    client.connection.pauseProducing();
    policed.server.connection.write(Buffer.alloc(10_000));
    policed.reactor.advance(199);
    expect(policed.server.connection.disconnecting).toBe(false);
    policed.reactor.advance(1);
    expect(policed.server.connection.disconnecting).toBe(true);
    policed.reactor.advance(5_000);
    expect(policed.server.reason).toEqual({ kind: "aborted" });
  });
});

describe("withTimeout: closes that do not end by themselves", () => {
  test("lifetimeMs ends a connection whose producer never does", async () => {
    const policed = limited({ lifetimeMs: 100 });
    const client = await policed.connect();
    policed.server.connection.registerProducer(SILENT_PRODUCER, true);
    for (let round = 0; round < 50; round++) {
      policed.server.connection.write("still here");
      policed.reactor.advance(100);
    }
    expect(client.reason).toBeNull();
    policed.reactor.advance(100);
    expect(policed.server.reason).toEqual({ kind: "aborted" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("lifetimeMs ends a connection whose peer reads only now and then", async () => {
    const policed = limited({ lifetimeMs: 100 }, {}, { bufferBytes: 1_000 });
    const client = await policed.connect(undefined, SIPPING);
    policed.server.connection.write(Buffer.alloc(100_000));
    for (let round = 0; round < 5; round++) {
      policed.reactor.advance(1_000);
      client.connection.resumeProducing();
      policed.reactor.flush();
    }
    expect(client.receivedBytes).toBe(5_000);
    expect(policed.server.reason).toBeNull();
    policed.reactor.advance(100);
    expect(policed.server.reason).toEqual({ kind: "aborted" });
  });

  test("idleMs ends a connection whose producer has gone silent", async () => {
    const policed = limited({ idleMs: 100 });
    await policed.connect();
    policed.server.connection.registerProducer(SILENT_PRODUCER, true);
    policed.reactor.advance(5_099);
    expect(policed.server.reason).toBeNull();
    policed.reactor.advance(1);
    expect(policed.server.reason).toEqual({ kind: "aborted" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("idleMs leaves a producer that still sends the time that it needs", async () => {
    const policed = limited({ idleMs: 100 });
    const client = await policed.connect();
    const { connection } = policed.server;
    connection.registerProducer(SILENT_PRODUCER, true);
    policed.reactor.advance(100);
    for (let round = 0; round < 10; round++) {
      connection.write("0123456789");
      policed.reactor.advance(3_000);
    }
    connection.unregisterProducer();
    policed.reactor.flush();
    expect(client.receivedBytes).toBe(100);
    expect(client.reason).toEqual({ kind: "done" });
    expect(policed.reactor.clock.pending).toBe(0);
  });
});

describe("withTimeout: after the end", () => {
  test("nothing that the protocol still calls starts a timer", async () => {
    const policed = limited({ idleMs: 10, readMs: 10, writeMs: 10, lifetimeMs: 10 });
    const client = await policed.connect();
    client.connection.abortConnection();
    policed.reactor.flush();
    const { connection } = policed.server;
    connection.pauseProducing();
    connection.resumeProducing();
    connection.write("x");
    expect(policed.reactor.clock.pending).toBe(0);
  });
});
