import { describe, expect, test } from "bun:test";
import { ProtocolWrapper } from "../../src/policies/protocol-wrapper.ts";
import { type ShapingPolicy, withShaping } from "../../src/policies/with-shaping.ts";
import { withTimeout } from "../../src/policies/with-timeout.ts";
import { WrappingFactory } from "../../src/policies/wrapping-factory.ts";
import { ConnectionClosedError } from "../../src/reactor/close-reason.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { PullProducer } from "../../src/reactor/producer.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { ConnectionCallbacks } from "../../src/reactor/stream-transport.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { type Actions, noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import { ECHO, PolicedServer } from "./policed-server.ts";

const SLOW = { bytesPerSecond: 1_000, burstBytes: 10 };

function shaped(
  policy: Omit<ShapingPolicy, "clock">,
  actions: Actions = {},
  logger = new MemoryLogger(),
) {
  return new PolicedServer(
    (factory, clock) => withShaping(factory, { clock, ...policy }),
    actions,
    { logger },
  );
}

/** Writes so many pieces, one each time it is asked, and is then done. */
function pieces(me: RecordingProtocol, count: number, piece: string): PullProducer {
  let left = count;
  return {
    resumeProducing() {
      if (left-- > 0) me.connection.write(piece);
      else me.connection.unregisterProducer();
    },
    stopProducing: noAction,
  };
}

describe("withShaping: connections that share a rate", () => {
  test("take turns, however much each has to write", async () => {
    const policed = shaped({ totalWrite: SLOW });
    const clients = [await policed.connect(), await policed.connect(), await policed.connect()];
    for (const { connection } of policed.servers) connection.write(Buffer.alloc(10_000));
    policed.reactor.advance(3_000);
    for (const client of clients) {
      expect(client.receivedBytes).toBeGreaterThanOrEqual(900);
      expect(client.receivedBytes).toBeLessThanOrEqual(1_100);
      client.connection.abortConnection();
    }
    policed.reactor.flush();
    expect(policed.reactor.clock.pending).toBe(0);
  });
});

describe("withShaping: producers", () => {
  test("a pull producer of small pieces within a large burst does not exhaust the stack", async () => {
    const logger = new MemoryLogger();
    const connectionMade = (me: RecordingProtocol) =>
      me.connection.registerProducer(pieces(me, 50_000, "0123456789"), false);
    const policed = shaped({ write: { bytesPerSecond: 1e6 } }, { connectionMade }, logger);
    const client = await policed.connect();
    policed.reactor.advance(1_000);
    expect(client.receivedBytes).toBe(500_000);
    expect(logger.reports).toEqual([]);
  });

  test("loseConnection waits for a pull producer, and then for what waits", async () => {
    const policed = shaped({ write: SLOW });
    const client = await policed.connect();
    const { server } = policed;
    server.connection.registerProducer(pieces(server, 5, "x".repeat(100)), false);
    server.connection.loseConnection();
    policed.reactor.advance(480);
    expect(client.reason).toBeNull();
    policed.reactor.advance(20);
    expect(client.receivedBytes).toBe(500);
    expect(client.reason).toEqual({ kind: "done" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("is stopped once when the connection is lost, before connectionLost", async () => {
    const policed = shaped({ write: SLOW });
    const client = await policed.connect();
    const { server } = policed;
    const stopProducing = () => void server.events.push("stopProducing");
    server.connection.registerProducer({ resumeProducing: noAction, stopProducing }, false);
    client.connection.abortConnection();
    policed.reactor.flush();
    expect(server.events).toEqual(["connectionMade", "stopProducing", "connectionLost"]);
  });
});

describe("withShaping: a connection that ends while much waits", () => {
  const shapedServer = async () => {
    const policed = shaped({ write: SLOW });
    const client = await policed.connect();
    policed.server.connection.setWriteLimits({ high: 100, low: 10, max: 5_000 });
    return { policed, client, server: policed.server };
  };

  test("drained rejects, also when it is asked for afterwards", async () => {
    const { policed, server } = await shapedServer();
    server.connection.write("x".repeat(4_000));
    const waiting = server.connection.drained();
    server.connection.abortConnection();
    policed.reactor.flush();
    await expect(waiting).rejects.toBeInstanceOf(ConnectionClosedError);
    await expect(server.connection.drained()).rejects.toBeInstanceOf(ConnectionClosedError);
  });

  test("after loseConnection drained waits for the end: a writer in a loop does not spin", async () => {
    const { policed, server } = await shapedServer();
    server.connection.write("x".repeat(50));
    server.connection.loseConnection();
    let writes = 0;
    const writer = (async () => {
      for (; writes < 1_000; writes++) {
        if (!server.connection.write("y")) await server.connection.drained();
      }
    })();
    policed.reactor.advance(5_000);
    await expect(writer).rejects.toMatchObject({ reason: { kind: "done" } });
    expect(writes).toBeLessThanOrEqual(1);
  });

  test("who stops reading when a write is refused hears of all that came, and of the end", async () => {
    const policed = shaped(
      { write: SLOW },
      {
        dataReceived: (me, data) => {
          if (!me.connection.write(data)) me.connection.pauseProducing();
        },
        resumeWriting: (me) => me.connection.resumeProducing(),
      },
    );
    const client = await policed.connect();
    const { server } = policed;
    server.connection.setWriteLimits({ high: 100, low: 10, max: 5_000 });
    for (let piece = 0; piece < 5; piece++) {
      client.connection.write("x".repeat(200));
      policed.reactor.flush();
    }
    client.connection.abortConnection();
    policed.reactor.flush();
    expect(server.reason).toMatchObject({ kind: "lost" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("drained rejects though reading is paused, so that nobody waits for ever", async () => {
    const { policed, client, server } = await shapedServer();
    server.connection.pauseProducing();
    server.connection.write("x".repeat(4_000));
    const waiting = server.connection.drained();
    client.connection.abortConnection();
    policed.reactor.flush();
    await expect(waiting).rejects.toBeInstanceOf(ConnectionClosedError);
    expect(server.reason).toBeNull();
    server.connection.resumeProducing();
    policed.reactor.flush();
    expect(server.reason?.kind).toBe("lost");
  });

  test("a peer that leaves while answers hold reading up is noticed", async () => {
    const policed = shaped({ write: SLOW }, ECHO);
    const client = await policed.connect();
    policed.server.connection.setWriteLimits({ high: 100, low: 10 });
    client.connection.write("x".repeat(4_000));
    policed.reactor.flush();
    client.connection.abortConnection();
    policed.reactor.flush();
    expect(policed.server.reason?.kind).toBe("lost");
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("a protocol that reads on only when it may write hears of the end", async () => {
    const policed = shaped(
      { write: SLOW },
      {
        ...ECHO,
        pauseWriting: (me) => me.connection.pauseProducing(),
        resumeWriting: (me) => me.connection.resumeProducing(),
      },
    );
    const client = await policed.connect();
    policed.server.connection.setWriteLimits({ high: 100, low: 10 });
    client.connection.write("x".repeat(4_000));
    policed.reactor.flush();
    client.connection.abortConnection();
    policed.reactor.flush();
    const { events, reason } = policed.server;
    expect(events.slice(2)).toEqual(["pauseWriting", "resumeWriting", "connectionLost"]);
    expect(reason?.kind).toBe("lost");
  });

  test("write says that it was dropped, whether it went over the limit or came later", async () => {
    const { server } = await shapedServer();
    expect(server.connection.write("x".repeat(6_000))).toBe(false);
    expect(server.connection.write("more")).toBe(false);
    expect(server.connection.bufferedAmount).toBe(0);
  });
});

describe("withShaping: a connection that has ended", () => {
  const calls: Readonly<Record<string, (me: RecordingProtocol) => void>> = {
    setWriteLimits: (me) => me.connection.setWriteLimits({ high: 1_000_000 }),
    unregisterProducer: (me) => me.connection.unregisterProducer(),
    write: (me) => void me.connection.write("too late"),
    loseConnection: (me) => me.connection.loseConnection(),
    resumeProducing: (me) => me.connection.resumeProducing(),
  };

  test.each(Object.entries(calls))("calls nobody in %s, and starts no timer", async (_, call) => {
    const actions = { pauseWriting: noAction, resumeWriting: noAction };
    const policed = shaped({ read: SLOW, write: SLOW }, actions);
    const client = await policed.connect();
    const { server } = policed;
    server.connection.setWriteLimits({ high: 100, low: 10 });
    server.connection.write("x".repeat(4_000));
    client.connection.abortConnection();
    policed.reactor.flush();
    expect(server.events.at(-1)).toBe("connectionLost");
    call(server);
    policed.reactor.flush();
    expect(server.events.at(-1)).toBe("connectionLost");
    expect(policed.reactor.clock.pending).toBe(0);
  });
});

describe("withShaping: a policy around it that fails", () => {
  class FailingWrapper extends ProtocolWrapper {
    override write(): boolean {
      throw new Error("a fault of the policy");
    }
  }

  class FailingFactory<P extends Protocol> extends WrappingFactory<P> {
    protected override wrap(inner: ConnectionCallbacks): ConnectionCallbacks {
      return new FailingWrapper(inner);
    }
  }

  test("ends its connection, also where what is written had to wait", async () => {
    const policed = new PolicedServer(
      (factory, clock) => new FailingFactory(withShaping(factory, { clock, totalWrite: SLOW })),
      {},
      { logger: new MemoryLogger() },
    );
    await policed.connect();
    await policed.connect();
    for (const { connection } of policed.servers) connection.write("x".repeat(100));
    policed.reactor.advance(1_000);
    expect(policed.servers.map(({ reason }) => reason)).toEqual([
      { kind: "lost", cause: new Error("a fault of the policy") },
      { kind: "lost", cause: new Error("a fault of the policy") },
    ]);
    expect(policed.reactor.clock.pending).toBe(0);
  });
});

describe("withShaping: faults of the protocol in its own time", () => {
  const fault = new Error("a fault of the protocol");
  const failing = {
    throws: () => {
      throw fault;
    },
    rejects: () => Promise.reject(fault),
  };

  for (const [how, fail] of Object.entries(failing)) {
    test(`resumeWriting that ${how} ends the connection`, async () => {
      const actions = { pauseWriting: noAction, resumeWriting: fail };
      const policed = shaped({ write: { bytesPerSecond: 1e6, burstBytes: 1_000 } }, actions);
      await policed.connect();
      policed.server.connection.write(Buffer.alloc(100_000));
      policed.reactor.advance(1_000);
      expect(await policed.server.lost()).toEqual({ kind: "lost", cause: fault });
    });

    test(`a producer whose resumeProducing ${how} ends the connection`, async () => {
      const policed = shaped({ write: SLOW });
      await policed.connect();
      const producer = { resumeProducing: fail as () => void, stopProducing: noAction };
      policed.server.connection.registerProducer(producer, false);
      policed.reactor.flush();
      expect(await policed.server.lost()).toEqual({ kind: "lost", cause: fault });
      expect(policed.reactor.clock.pending).toBe(0);
    });
  }
});

describe("withShaping: closing from outside", () => {
  test("a policy around it that closes waits for what waits inside", async () => {
    const policed = new PolicedServer((factory, clock) =>
      withTimeout(withShaping(factory, { clock, write: SLOW }), { clock, lifetimeMs: 100 }),
    );
    const client = await policed.connect();
    policed.server.connection.write(Buffer.alloc(1_000));
    policed.reactor.advance(200);
    expect(policed.server.connection.write("too late")).toBe(false);
    policed.reactor.advance(2_000);
    expect(client.receivedBytes).toBe(1_000);
    expect(client.reason).toEqual({ kind: "done" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("shaping inside of shaping keeps to the slower rate, and loses nothing", async () => {
    const policed = new PolicedServer((factory, clock) => {
      const inside = withShaping(factory, { clock, write: { ...SLOW, bytesPerSecond: 5_000 } });
      return withShaping(inside, { clock, write: SLOW });
    });
    const client = await policed.connect();
    policed.server.connection.write(Buffer.alloc(1_000, "x"));
    policed.server.connection.loseConnection();
    policed.reactor.advance(500);
    expect(client.receivedBytes).toBeLessThanOrEqual(550);
    policed.reactor.advance(1_000);
    expect(client.received.toString()).toBe("x".repeat(1_000));
    expect(client.reason).toEqual({ kind: "done" });
  });
});

describe("withShaping: startTLS", () => {
  test("sends what waits before it, in clear, and what comes later pays for it", () => {
    const clock = new ManualClock();
    const protocol = new RecordingProtocol();
    const factory = withShaping(new Factory(() => protocol), { clock, write: SLOW });
    const transport = new MemoryTransport();
    factory.buildStack(transport.getPeer())?.outermost.makeConnection(transport);
    protocol.connection.write("220 go ahead, with a line longer than the burst\r\n");
    expect(transport.value().length).toBeLessThan(20);
    void protocol.connection.startTLS({ side: "client" });
    expect(transport.value().toString()).toEndWith("burst\r\n");
    expect(transport.tlsOptions).toEqual({ side: "client" });
    transport.clear();
    protocol.connection.write("secret");
    expect(transport.value()).toHaveLength(0);
    clock.advance(1_000);
    expect(transport.value().toString()).toBe("secret");
  });
});
