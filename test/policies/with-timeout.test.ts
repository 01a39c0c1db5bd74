import { describe, expect, test } from "bun:test";
import { type TimeoutKind, withTimeout } from "../../src/policies/with-timeout.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { ECHO, PolicedServer } from "./policed-server.ts";

describe("withTimeout", () => {
  test("an idle connection is closed once, and leaves no timer behind", async () => {
    const policed = new PolicedServer((factory, clock) =>
      withTimeout(factory, { clock, idleMs: 100 }),
    );
    const client = await policed.connect();
    policed.reactor.advance(99);
    expect(client.reason).toBeNull();
    policed.reactor.advance(1);
    expect(client.reason).toEqual({ kind: "done" });
    expect(policed.server.reason).toEqual({ kind: "done" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("traffic in either direction starts the idle time anew", async () => {
    const policed = new PolicedServer((factory, clock) =>
      withTimeout(factory, { clock, idleMs: 100 }),
    );
    const client = await policed.connect();
    for (let round = 0; round < 5; round++) {
      policed.reactor.advance(60);
      if (round % 2 === 0) client.connection.write("in");
      else policed.server.connection.write("out");
      policed.reactor.flush();
    }
    policed.reactor.advance(99);
    expect(client.reason).toBeNull();
    policed.reactor.advance(1);
    expect(client.reason).toEqual({ kind: "done" });
  });

  test("readMs counts what is received, not what is written", async () => {
    const policed = new PolicedServer((factory, clock) =>
      withTimeout(factory, { clock, readMs: 100 }),
    );
    const client = await policed.connect();
    policed.reactor.advance(60);
    policed.server.connection.write("out");
    policed.reactor.advance(40);
    expect(client.reason).toEqual({ kind: "done" });
  });

  test("readMs does not run while the protocol itself does not read", async () => {
    const policed = new PolicedServer((factory, clock) =>
      withTimeout(factory, { clock, readMs: 100 }),
    );
    const client = await policed.connect();
    policed.server.connection.pauseProducing();
    policed.reactor.advance(1_000);
    expect(client.reason).toBeNull();
    policed.server.connection.resumeProducing();
    policed.reactor.advance(100);
    expect(client.reason).toEqual({ kind: "done" });
  });

  test("writeMs counts what is written, not what is received", async () => {
    const policed = new PolicedServer((factory, clock) =>
      withTimeout(factory, { clock, writeMs: 100 }),
    );
    const client = await policed.connect();
    policed.reactor.advance(60);
    client.connection.write("in");
    policed.reactor.advance(40);
    expect(client.reason).toEqual({ kind: "done" });
  });

  test("lifetimeMs ends a busy connection too", async () => {
    const policed = new PolicedServer(
      (factory, clock) => withTimeout(factory, { clock, lifetimeMs: 100, idleMs: 50 }),
      ECHO,
    );
    const client = await policed.connect();
    for (let round = 0; round < 9; round++) {
      policed.reactor.advance(11);
      client.connection.write("busy");
      policed.reactor.flush();
    }
    expect(client.reason).toBeNull();
    policed.reactor.advance(1);
    expect(client.reason).toEqual({ kind: "done" });
  });

  test("timedOut is called instead of the close, with the limit that was reached", async () => {
    const kinds: TimeoutKind[] = [];
    const policed = new PolicedServer((factory, clock) =>
      withTimeout(factory, {
        clock,
        readMs: 10,
        writeMs: 20,
        timedOut: (_transport, kind) => kinds.push(kind),
      }),
    );
    const client = await policed.connect();
    policed.reactor.advance(100);
    expect(kinds).toEqual(["read", "write"]);
    expect(client.reason).toBeNull();
    client.connection.abortConnection();
  });

  test("a timedOut that throws, or rejects, ends the connection", async () => {
    const fault = new Error("a fault of timedOut");
    const failing = [
      () => {
        throw fault;
      },
      () => Promise.reject(fault),
    ];
    for (const timedOut of failing) {
      const logger = new MemoryLogger();
      const policed = new PolicedServer(
        (factory, clock) => withTimeout(factory, { clock, idleMs: 10, timedOut }),
        {},
        { logger },
      );
      await policed.connect();
      policed.reactor.advance(10);
      expect(await policed.server.lost()).toEqual({ kind: "lost", cause: fault });
      expect(logger.errors).toEqual([fault]);
    }
  });

  test("a connection that ends by itself leaves no timer behind", async () => {
    const limits = { idleMs: 10, readMs: 20, writeMs: 30, lifetimeMs: 40 };
    const policed = new PolicedServer((factory, clock) =>
      withTimeout(factory, { clock, ...limits }),
    );
    const client = await policed.connect();
    client.connection.abortConnection();
    policed.reactor.flush();
    expect(policed.server.reason?.kind).toBe("lost");
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("a peer that does not answer the close is aborted by the close timeout", async () => {
    const policed = new PolicedServer(
      (factory, clock) => withTimeout(factory, { clock, idleMs: 100 }),
      {},
      {},
      { closeTimeoutMs: 1_000 },
    );
    const client = await policed.connect();
    client.connection.pauseProducing();
    policed.reactor.advance(100);
    expect(policed.server.reason).toBeNull();
    policed.reactor.advance(1_000);
    expect(policed.server.reason).toEqual({ kind: "aborted" });
  });

  for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`a limit of ${bad} is refused`, () => {
      const policy = () =>
        new PolicedServer((factory, clock) => withTimeout(factory, { clock, idleMs: bad }));
      expect(policy).toThrow(`idleMs of ${bad}`);
    });
  }
});
