import { describe, expect, test } from "bun:test";
import { ProtocolWrapper } from "../../src/policies/protocol-wrapper.ts";
import { type ShapingPolicy, withShaping } from "../../src/policies/with-shaping.ts";
import { withTimeout } from "../../src/policies/with-timeout.ts";
import { WrappingFactory } from "../../src/policies/wrapping-factory.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { ConnectionCallbacks } from "../../src/reactor/stream-transport.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { type Actions, RecordingProtocol } from "../transport/recording-protocol.ts";
import { fairnessOf } from "./fairness.ts";
import { ECHO, PolicedServer } from "./policed-server.ts";

/** A piece of this is 20 bytes, and the burst is one of them. */
const SLOW = { bytesPerSecond: 1_000, burstBytes: 20 };

/** Bytes of which no two neighbours are alike, so that order can be checked. */
function bytes(count: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: count }, (_, index) => index % 251));
}

function shaped(policy: Omit<ShapingPolicy, "clock">, actions: Actions = {}): PolicedServer {
  return new PolicedServer(
    (factory, clock) => withShaping(factory, { clock, ...policy }),
    actions,
    { logger: new MemoryLogger() },
  );
}

/** A server that is slow to read, and a client that has sent it so much at once. */
async function reading(byteCount: number, actions: Actions = {}) {
  const policed = shaped({ read: SLOW }, actions);
  const client = await policed.connect();
  client.connection.write(bytes(byteCount));
  policed.reactor.flush();
  return { policed, client, server: policed.server };
}

describe("withShaping: reading in pieces", () => {
  test("what comes in one chunk is handed on piece by piece, in order", async () => {
    const pieces: number[] = [];
    const { policed, server } = await reading(1_000, {
      dataReceived: (_, data) => pieces.push(data.length),
    });
    expect(server.receivedBytes).toBe(20);
    policed.reactor.advance(500);
    expect(server.receivedBytes).toBe(520);
    policed.reactor.advance(480);
    expect(server.received).toEqual(bytes(1_000));
    expect(Math.max(...pieces)).toBe(20);
  });

  test("no more than a chunk is kept, whatever the peer sends", () => {
    const clock = new ManualClock();
    const protocol = new RecordingProtocol();
    const factory = withShaping(new Factory(() => protocol), { clock, read: SLOW });
    const transport = new MemoryTransport();
    const connection = factory.buildStack(transport.getPeer())?.outermost;
    connection?.makeConnection(transport);
    connection?.dataReceived(bytes(524_288));
    expect(transport.producerState).toBe("paused");
    clock.advance(524_288);
    expect(protocol.received).toEqual(bytes(524_288));
    expect(transport.producerState).toBe("producing");
  });

  test("a peer's end of stream comes after what it sent before, and its answer gets there", async () => {
    const policed = shaped({ read: SLOW }, ECHO);
    const client = await policed.connect();
    client.connection.write(bytes(1_000));
    client.connection.loseWriteConnection();
    policed.reactor.advance(500);
    expect(policed.server.reason).toBeNull();
    policed.reactor.advance(600);
    expect(client.received).toEqual(bytes(1_000));
    expect(policed.server.reason).toEqual({ kind: "done" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("an error of the protocol in a piece that had to wait ends the connection", async () => {
    const fault = new Error("a fault of the protocol");
    for (const fail of [() => Promise.reject(fault), throwing(fault)]) {
      let pieces = 0;
      const { policed, server } = await reading(1_000, {
        dataReceived: () => (++pieces === 3 ? fail() : undefined),
      });
      policed.reactor.advance(40);
      expect(await server.lost()).toEqual({ kind: "lost", cause: fault });
      policed.reactor.flush();
      expect(policed.reactor.clock.pending).toBe(0);
    }
  });
});

function throwing(fault: Error): () => never {
  return () => {
    throw fault;
  };
}

describe("withShaping: connections that share a rate of reading", () => {
  test("30 uploaders get the same, from the first burst on", async () => {
    const policed = shaped({ totalRead: { bytesPerSecond: 1_000_000 } });
    const clients = [];
    for (let count = 0; count < 30; count++) clients.push(await policed.connect());
    for (const client of clients) client.connection.write(Buffer.alloc(5_000_000));
    for (const seconds of [1, 10]) {
      policed.reactor.advance(seconds * 1_000);
      const shares = policed.servers.map((server) => server.receivedBytes);
      expect(fairnessOf(shares)).toBeGreaterThan(0.95);
    }
    const all = policed.servers.reduce((sum, server) => sum + server.receivedBytes, 0);
    expect(all).toBeGreaterThan(11_500_000);
    expect(all).toBeLessThanOrEqual(12_020_000);
    for (const client of clients) client.connection.abortConnection();
  });

  test("a small sender among 30 large ones waits for one turn, not for all that they send", async () => {
    const policed = shaped({ totalRead: { bytesPerSecond: 1_000_000 } });
    const large = [];
    for (let count = 0; count < 30; count++) large.push(await policed.connect());
    for (const client of large) client.connection.write(Buffer.alloc(5_000_000));
    policed.reactor.advance(3_000);
    const small = await policed.connect();
    small.connection.write("x");
    policed.reactor.advance(700);
    expect(policed.servers[30]?.received.toString()).toBe("x");
    for (const client of [small, ...large]) client.connection.abortConnection();
  });

  test("a thousand with a byte each are all served, and leave no timer behind", async () => {
    const policed = shaped({ totalRead: SLOW });
    const clients = [];
    for (let count = 0; count < 1_000; count++) clients.push(await policed.connect());
    for (const client of clients) client.connection.write("x");
    policed.reactor.advance(1_000);
    expect(policed.servers.filter((server) => server.receivedBytes === 1)).toHaveLength(1_000);
    for (const client of clients) client.connection.abortConnection();
    policed.reactor.flush();
    expect(policed.reactor.clock.pending).toBe(0);
  });
});

describe("withShaping: a connection that ends while reading is held", () => {
  test("whose peer resets it: what came before follows at once, and then the end", async () => {
    const { policed, client, server } = await reading(60_000);
    client.connection.abortConnection();
    policed.reactor.advance(1_000);
    await Promise.resolve();
    policed.reactor.flush();
    expect(server.received).toEqual(bytes(60_000));
    expect(server.reason?.kind).toBe("lost");
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("what a peer left behind is not charged to others", async () => {
    const policed = shaped({ totalRead: SLOW });
    const [gone, other] = [await policed.connect(), await policed.connect()];
    gone.connection.write(bytes(60_000));
    policed.reactor.flush();
    gone.connection.abortConnection();
    policed.reactor.advance(1_000);
    await Promise.resolve();
    policed.reactor.flush();
    expect(policed.servers[0]?.receivedBytes).toBe(60_000);
    other.connection.write("x");
    policed.reactor.advance(50);
    expect(policed.servers[1]?.received.toString()).toBe("x");
    other.connection.abortConnection();
  });

  test("a protocol that has paused gets what came before the reset when it reads on", async () => {
    const { policed, client, server } = await reading(60_000);
    server.connection.pauseProducing();
    client.connection.abortConnection();
    policed.reactor.advance(100_000);
    expect(policed.reactor.clock.pending).toBe(0);
    expect(server.receivedBytes).toBe(20);
    server.connection.resumeProducing();
    policed.reactor.advance(1_000);
    await Promise.resolve();
    policed.reactor.flush();
    expect(server.received).toEqual(bytes(60_000));
    expect(server.reason?.kind).toBe("lost");
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test.each(["loseConnection", "abortConnection"] as const)(
    "%s drops what waits, and leaves no timer behind",
    async (verb) => {
      const { policed, server } = await reading(5_000);
      server.connection[verb]();
      policed.reactor.advance(10_000);
      expect(server.receivedBytes).toBe(20);
      expect(server.reason).not.toBeNull();
      expect(policed.reactor.clock.pending).toBe(0);
    },
  );

  test("nothing that the protocol still calls afterwards starts a timer", async () => {
    const { policed, server } = await reading(5_000);
    server.connection.pauseProducing();
    server.connection.abortConnection();
    policed.reactor.flush();
    expect(server.reason).toEqual({ kind: "aborted" });
    server.connection.resumeProducing();
    server.connection.switchProtocol(new RecordingProtocol(), Buffer.from("left"));
    expect(policed.reactor.clock.pending).toBe(0);
    expect(server.events.at(-1)).toBe("connectionLost");
  });

  test.each(["loseConnection", "abortConnection"] as const)(
    "%s in the middle of a burst is the end of it",
    async (verb) => {
      const policed = shaped(
        { read: { bytesPerSecond: 1_000 } },
        {
          dataReceived: (me) => me.connection[verb](),
        },
      );
      const client = await policed.connect();
      client.connection.write(bytes(500));
      policed.reactor.advance(10_000);
      expect(policed.server.receivedBytes).toBe(20);
      expect(policed.server.reason).not.toBeNull();
      expect(policed.reactor.clock.pending).toBe(0);
    },
  );

  test("that a policy around it closes gets nothing any more, though the peer takes its time", async () => {
    const policed = new PolicedServer((factory, clock) =>
      withTimeout(withShaping(factory, { clock, read: SLOW }), { clock, lifetimeMs: 1_000 }),
    );
    const client = await policed.connect();
    client.connection.write(bytes(60_000));
    client.connection.pauseProducing();
    policed.reactor.advance(1_000);
    expect(policed.server.receivedBytes).toBe(1_000);
    policed.reactor.advance(4_000);
    expect(policed.server.receivedBytes).toBe(1_000);
    expect(policed.server.reason).toBeNull();
    policed.reactor.advance(10_000);
    expect(policed.server.reason).toEqual({ kind: "aborted" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("a limit on its life closes it, though a policy inside holds reading", async () => {
    const policed = new PolicedServer((factory, clock) =>
      withTimeout(withShaping(factory, { clock, read: SLOW }), { clock, lifetimeMs: 1_000 }),
    );
    const client = await policed.connect();
    client.connection.write(bytes(60_000));
    policed.reactor.advance(1_000);
    expect(policed.server.receivedBytes).toBeLessThanOrEqual(1_020);
    expect(policed.server.reason).toEqual({ kind: "done" });
    expect(client.reason).toEqual({ kind: "done" });
    expect(policed.reactor.clock.pending).toBe(0);
  });
});

describe("withShaping: what a protocol does while reading is held", () => {
  test("a protocol that pauses in each piece gets them one by one, in order", async () => {
    const { policed, server } = await reading(100, {
      dataReceived: (me) => me.connection.pauseProducing(),
    });
    for (let piece = 1; piece <= 5; piece++) {
      policed.reactor.advance(1_000);
      expect(server.receivedBytes).toBe(20 * piece);
      server.connection.resumeProducing();
    }
    policed.reactor.flush();
    expect(server.received).toEqual(bytes(100));
  });

  test("nothing is delivered inside of resumeProducing", async () => {
    const { policed, server } = await reading(100);
    server.connection.pauseProducing();
    policed.reactor.advance(1_000);
    server.calling(() => server.connection.resumeProducing());
    expect(server.calledInside).toEqual([]);
    policed.reactor.advance(1_000);
    expect(server.received).toEqual(bytes(100));
  });

  test("pausing and reading on in a piece neither hastens the next one nor nests it", async () => {
    let depth = 0;
    let deepest = 0;
    const { policed, server } = await reading(1_000, {
      dataReceived: (me) => {
        deepest = Math.max(deepest, ++depth);
        me.connection.pauseProducing();
        me.connection.resumeProducing();
        depth--;
      },
    });
    policed.reactor.advance(500);
    expect(server.receivedBytes).toBe(520);
    expect(deepest).toBe(1);
  });

  test("switchProtocol hands over what waits: the leftover first, at once, and the rest in time", async () => {
    const { policed, server } = await reading(200);
    const next = new RecordingProtocol();
    server.connection.switchProtocol(next, Buffer.from("left"));
    expect(next.received.toString()).toBe("left");
    policed.reactor.advance(180);
    expect(server.receivedBytes).toBe(20);
    expect(next.received.subarray(4)).toEqual(bytes(200).subarray(20));
  });

  test("a leftover that waits for its protocol to read on comes before the next piece", async () => {
    const { policed, server } = await reading(200);
    const next = new RecordingProtocol({
      connectionMade: (me) => me.connection.pauseProducing(),
    });
    server.connection.switchProtocol(next, Buffer.from("left"));
    policed.reactor.advance(1_000);
    expect(next.receivedBytes).toBe(0);
    next.connection.resumeProducing();
    policed.reactor.advance(1_000);
    expect(next.received.subarray(0, 4).toString()).toBe("left");
    expect(next.received.subarray(4)).toEqual(bytes(200).subarray(20));
  });

  test("who pauses again at a leftover gets no piece behind it", async () => {
    const { policed, server } = await reading(200);
    const next = new RecordingProtocol({
      connectionMade: (me) => me.connection.pauseProducing(),
      dataReceived: (me) => me.connection.pauseProducing(),
    });
    server.connection.switchProtocol(next, Buffer.from("left"));
    policed.reactor.advance(1_000);
    next.connection.resumeProducing();
    policed.reactor.advance(1_000);
    expect(next.received.toString()).toBe("left");
  });

  test("shaping inside of shaping keeps to the slower rate, in either order, and loses nothing", async () => {
    for (const [outer, inner] of [
      [1_000, 5_000],
      [5_000, 1_000],
    ] as const) {
      const policed = new PolicedServer((factory, clock) => {
        const read = (bytesPerSecond: number) => ({ bytesPerSecond, burstBytes: 20 });
        const inside = withShaping(factory, { clock, read: read(inner) });
        return withShaping(inside, { clock, read: read(outer) });
      });
      const client = await policed.connect();
      client.connection.write(bytes(2_000));
      client.connection.loseConnection();
      policed.reactor.advance(1_000);
      expect(policed.server.receivedBytes).toBeLessThanOrEqual(1_100);
      policed.reactor.advance(2_000);
      expect(policed.server.received).toEqual(bytes(2_000));
      expect(policed.server.reason).toEqual({ kind: "done" });
      expect(policed.reactor.clock.pending).toBe(0);
    }
  });
});

describe("withShaping: a policy around it that fails", () => {
  class FailingWrapper extends ProtocolWrapper {
    override resumeProducing(): void {
      throw new Error("a fault of the policy");
    }
  }

  class FailingFactory<P extends Protocol> extends WrappingFactory<P> {
    protected override wrap(inner: ConnectionCallbacks): ConnectionCallbacks {
      return new FailingWrapper(inner);
    }
  }

  test("ends its connection, also where what came had to wait", async () => {
    const policed = new PolicedServer(
      (factory, clock) => new FailingFactory(withShaping(factory, { clock, read: SLOW })),
      {},
      { logger: new MemoryLogger() },
    );
    const client = await policed.connect();
    client.connection.write(bytes(100));
    policed.reactor.advance(1_000);
    const cause = new Error("a fault of the policy");
    expect(policed.server.reason).toEqual({ kind: "lost", cause });
    expect(policed.reactor.clock.pending).toBe(0);
  });
});

describe("withShaping: reading that is looked at only now and then", () => {
  test("a debt holds everybody for its time, and nobody for what others add to it", async () => {
    const policed = shaped({ totalRead: SLOW, checkEveryMs: 100 });
    const clients = [await policed.connect(), await policed.connect()];
    for (const client of clients) client.connection.write(bytes(1_000));
    policed.reactor.advance(100);
    for (const client of clients) client.connection.write(bytes(10));
    policed.reactor.advance(1_800);
    expect(policed.servers.map((server) => server.receivedBytes)).toEqual([1_000, 1_000]);
    policed.reactor.advance(200);
    expect(policed.servers.map((server) => server.receivedBytes)).toEqual([1_010, 1_010]);
    for (const client of clients) client.connection.abortConnection();
    policed.reactor.flush();
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("a peer that resets it while it is held is noticed, and its rest not charged", async () => {
    const policed = shaped({ totalRead: SLOW, checkEveryMs: 100 });
    const [gone, other] = [await policed.connect(), await policed.connect()];
    gone.connection.write(bytes(5_000));
    policed.reactor.advance(200);
    gone.connection.write(bytes(60_000));
    policed.reactor.flush();
    gone.connection.abortConnection();
    policed.reactor.advance(1_000);
    await Promise.resolve();
    policed.reactor.flush();
    expect(policed.servers[0]?.receivedBytes).toBe(65_000);
    expect(policed.servers[0]?.reason?.kind).toBe("lost");
    other.connection.write("x");
    policed.reactor.advance(100);
    other.connection.write("y");
    policed.reactor.advance(5_000);
    expect(policed.servers[1]?.received.toString()).toBe("xy");
    other.connection.abortConnection();
    policed.reactor.flush();
    expect(policed.reactor.clock.pending).toBe(0);
  });
});
