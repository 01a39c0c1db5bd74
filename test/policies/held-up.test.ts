/** Time in which one policy has bytes wait is no silence to another one. */
import { describe, expect, test } from "bun:test";
import { type ShapingPolicy, withShaping } from "../../src/policies/with-shaping.ts";
import { type TimeoutPolicy, withTimeout } from "../../src/policies/with-timeout.ts";
import { withTrafficLog } from "../../src/policies/with-traffic-log.ts";
import { WrappingFactory } from "../../src/policies/wrapping-factory.ts";
import { ProtocolWrapper, type StreamDirection } from "../../src/policies/protocol-wrapper.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { ConnectionCallbacks } from "../../src/reactor/stream-transport.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import type { MemoryReactorOptions } from "../../src/testing/memory-reactor.ts";
import { type Actions, noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import { ECHO, type Policy, PolicedServer } from "./policed-server.ts";

type Rates = Omit<ShapingPolicy, "clock">;
type Limits = Omit<TimeoutPolicy, "clock">;

/** The same two policies, each around the other, also with one between them. */
const NESTINGS: readonly (readonly [string, (limits: Limits, rates: Rates) => Policy])[] = [
  [
    "withTimeout around withShaping",
    (limits, rates) => (factory, clock) =>
      withTimeout(withShaping(factory, { clock, ...rates }), { clock, ...limits }),
  ],
  [
    "withShaping around withTimeout",
    (limits, rates) => (factory, clock) =>
      withShaping(withTimeout(factory, { clock, ...limits }), { clock, ...rates }),
  ],
  [
    "withTimeout around withTrafficLog around withShaping",
    (limits, rates) => (factory, clock) => {
      const shaped = withShaping(factory, { clock, ...rates });
      return withTimeout(withTrafficLog(shaped, { sink: noAction }), { clock, ...limits });
    },
  ],
  [
    "withShaping around withTrafficLog around withTimeout",
    (limits, rates) => (factory, clock) => {
      const timed = withTimeout(factory, { clock, ...limits });
      return withShaping(withTrafficLog(timed, { sink: noAction }), { clock, ...rates });
    },
  ],
];

/** A byte each second. */
const CRAWL = { bytesPerSecond: 1, burstBytes: 1 };

describe.each(NESTINGS)("%s", (_name, nest) => {
  function served(
    limits: Limits,
    rates: Rates,
    actions: Actions = {},
    more: MemoryReactorOptions = {},
  ) {
    const options = { logger: new MemoryLogger(), ...more };
    return new PolicedServer(nest(limits, rates), actions, options);
  }

  test.each(["idleMs", "readMs"] as const)(
    "an upload at a tenth of what the peer sends is not over %s",
    async (limit) => {
      const limits = { [limit]: 5_000 };
      const policed = served(limits, { read: { bytesPerSecond: 10_000 } });
      const client = await policed.connect();
      client.connection.write(Buffer.alloc(1_000_000));
      policed.reactor.advance(90_000);
      expect(policed.server.receivedBytes).toBeGreaterThanOrEqual(900_000);
      policed.reactor.advance(20_000);
      expect(policed.server.receivedBytes).toBe(1_000_000);
      expect(policed.server.reason).toEqual({ kind: "done" });
      expect(policed.reactor.clock.pending).toBe(0);
    },
  );

  test.each(["idleMs", "readMs"] as const)(
    "of 30 uploaders that share a rate none is over %s",
    async (limit) => {
      const limits = { [limit]: 10_000 };
      const policed = served(limits, { totalRead: { bytesPerSecond: 30_000 } });
      const clients = [];
      for (let count = 0; count < 30; count++) clients.push(await policed.connect());
      for (const client of clients) client.connection.write(Buffer.alloc(500_000));
      policed.reactor.advance(100_000);
      expect(policed.servers.filter(({ reason }) => reason !== null)).toEqual([]);
      for (const client of clients) client.connection.abortConnection();
    },
  );

  test.each(["idleMs", "writeMs"] as const)(
    "what waits for longer than that to be sent is not over %s",
    async (limit) => {
      const limits = { [limit]: 5_000 };
      const policed = served(limits, { totalWrite: CRAWL });
      const clients = [];
      for (let count = 0; count < 12; count++) clients.push(await policed.connect());
      for (const { connection } of policed.servers) connection.write("abc");
      policed.reactor.advance(35_000);
      expect(clients.map((client) => client.received.toString())).toEqual(
        Array.from({ length: 12 }, () => "abc"),
      );
      for (const client of clients) client.connection.abortConnection();
    },
  );

  test("a debt that is looked at only now and then is no silence either", async () => {
    const rates = { read: { bytesPerSecond: 1_000 }, checkEveryMs: 100 };
    const policed = served({ idleMs: 5_000 }, rates);
    const client = await policed.connect();
    client.connection.write(Buffer.alloc(10_000));
    policed.reactor.advance(200);
    client.connection.write("x");
    policed.reactor.advance(10_000);
    expect(policed.server.receivedBytes).toBe(10_001);
    expect(client.reason).toBeNull();
    client.connection.abortConnection();
  });

  test("who is not read because answers wait for their time is not silent", async () => {
    const policed = served({ readMs: 5_000 }, { write: CRAWL }, ECHO);
    const client = await policed.connect();
    policed.server.connection.setWriteLimits({ high: 2, low: 0 });
    client.connection.write("0123456789");
    policed.reactor.flush();
    client.connection.write("0123456789");
    policed.reactor.advance(18_000);
    expect(client.receivedBytes).toBeGreaterThan(15);
    expect(client.reason).toBeNull();
    client.connection.abortConnection();
  });

  test("the time counts from the end of the wait", async () => {
    const policed = served({ idleMs: 5_000 }, { read: CRAWL });
    const client = await policed.connect();
    client.connection.write("0123456789");
    policed.reactor.advance(9_000);
    expect(policed.server.receivedBytes).toBe(10);
    policed.reactor.advance(4_999);
    expect(client.reason).toBeNull();
    policed.reactor.advance(1);
    expect(client.reason).toEqual({ kind: "done" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("a silent peer is idle, however much others have to wait", async () => {
    const policed = served({ idleMs: 5_000 }, { totalRead: CRAWL });
    const [loud, silent] = [await policed.connect(), await policed.connect()];
    loud.connection.write(Buffer.alloc(1_000));
    policed.reactor.advance(5_000);
    expect(silent.reason).toEqual({ kind: "done" });
    expect(loud.reason).toBeNull();
    loud.connection.abortConnection();
  });

  test("a peer that reads nothing is idle, though its answers are shaped", async () => {
    const rates = { write: { bytesPerSecond: 100_000 } };
    const policed = served({ idleMs: 5_000 }, rates, ECHO, { bufferBytes: 1_000 });
    const client = await policed.connect(undefined, {
      connectionMade: (me) => me.connection.pauseProducing(),
    });
    for (let piece = 0; piece < 200; piece++) {
      client.connection.write(Buffer.alloc(1_000));
      policed.reactor.flush();
    }
    policed.reactor.advance(16_000);
    expect(policed.server.connection.disconnecting).toBe(true);
    client.connection.abortConnection();
  });
});

describe("A policy of one's own", () => {
  /** Holds up what it is told to, and hears of others that do. */
  class Holding extends ProtocolWrapper {
    readonly heard: string[] = [];

    hold(direction: StreamDirection, isHeldUp: boolean): void {
      this.holdUp(direction, isHeldUp);
    }

    held(direction: StreamDirection): boolean {
      return this.isHeldUp(direction);
    }

    protected override heldUpChanged(direction: StreamDirection): void {
      this.heard.push(`${direction} ${this.isHeldUp(direction)}`);
    }
  }

  class HoldingFactory<P extends Protocol> extends WrappingFactory<P> {
    readonly wrappers: Holding[] = [];

    protected override wrap(inner: ConnectionCallbacks): ConnectionCallbacks {
      const wrapper = new Holding(inner);
      this.wrappers.push(wrapper);
      return wrapper;
    }
  }

  async function threeOfThem() {
    const factories: HoldingFactory<Protocol>[] = [];
    const wrapThrice: Policy = (factory) => {
      let wrapped = factory;
      for (let count = 0; count < 3; count++) {
        const outer = new HoldingFactory(wrapped);
        factories.push(outer);
        wrapped = outer;
      }
      return wrapped;
    };
    const policed = new PolicedServer(wrapThrice, {}, { logger: new MemoryLogger() });
    await policed.connect();
    const wrappers = factories.map(({ wrappers: [wrapper] }) => wrapper as Holding);
    return { policed, wrappers };
  }

  test("is seen to hold up a connection by all around it and within, and to cease", async () => {
    const { wrappers } = await threeOfThem();
    wrappers[1]?.hold("reading", true);
    expect(wrappers.map((wrapper) => wrapper.held("reading"))).toEqual([true, true, true]);
    expect(wrappers.map((wrapper) => wrapper.held("writing"))).toEqual([false, false, false]);
    wrappers[0]?.hold("reading", true);
    wrappers[1]?.hold("reading", false);
    wrappers[0]?.hold("reading", false);
    wrappers[0]?.hold("reading", false);
    const heard = ["reading true", "reading true", "reading true", "reading false"];
    expect(wrappers.map((wrapper) => wrapper.heard)).toEqual([heard, heard, heard]);
  });

  test("that throws when it hears of that ends the connection, and nobody else's", async () => {
    const fault = new Error("a fault of the policy");
    class Failing extends Holding {
      protected override heldUpChanged(): void {
        throw fault;
      }
    }
    const { policed, wrappers } = await threeOfThem();
    policed.server.connection.switchProtocol(new Failing(new RecordingProtocol()));
    wrappers[0]?.hold("reading", true);
    expect(wrappers.map(({ heard }) => heard)).toEqual([
      ["reading true"],
      ["reading true"],
      ["reading true"],
    ]);
    expect(wrappers[2]?.disconnecting).toBe(true);
  });

  test("that is handed the connection later sees what holds it up already", async () => {
    const { policed, wrappers } = await threeOfThem();
    wrappers[2]?.hold("writing", true);
    const late = new Holding(new RecordingProtocol());
    policed.server.connection.switchProtocol(late);
    expect(late.held("writing")).toBe(true);
    late.hold("reading", true);
    expect(wrappers[2]?.held("reading")).toBe(true);
  });
});
