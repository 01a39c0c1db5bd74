import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { libcOrNull } from "../../src/native/libc.ts";
import { withAccess } from "../../src/policies/with-access.ts";
import { withLimits } from "../../src/policies/with-limits.ts";
import type { InternetAddress } from "../../src/reactor/address.ts";
import { NoProtocol } from "../../src/reactor/connect-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { ListenTCPOptions } from "../../src/reactor/reactor.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { AdmittingFactory } from "../admitting-factory.ts";
import { LOCALHOST, TEST_AUTHORITY } from "../fixtures/tls-fixtures.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawListener } from "../raw-listener.ts";
import { RawPeer } from "../raw-peer.ts";
import { TLSRecorder } from "./tls-recorder.ts";

const TLS = { authorities: TEST_AUTHORITY, serverName: "localhost" };

function echo(): TLSRecorder {
  return new TLSRecorder({ dataReceived: (me, data) => me.connection.write(data) });
}

/** A TLS server that echoes, behind a policy. */
async function securedServer(
  policy: (factory: Factory<Protocol>) => Factory<Protocol>,
  options: ListenTCPOptions = {},
  factory = new AdmittingFactory<Protocol>(echo),
) {
  const logger = new MemoryLogger();
  const reactor = new BunReactor({ logger });
  const port = await reactor.listenTCP({ tls: LOCALHOST, ...options }, policy(factory));
  const { port: number } = port.host as InternetAddress;
  return {
    logger,
    factory,
    port,
    /** A peer that says nothing. */
    silent: () => RawPeer.connect({ port: number }),
    /** A client with a good handshake, from an address of its own. */
    connect(from: string, client = new TLSRecorder()) {
      const bindAddress = { host: from };
      const where = { host: "127.0.0.1", port: number, bindAddress, tls: TLS };
      return new BunReactor().connectTCP(where, new Factory(() => client));
    },
    [Symbol.asyncDispose]: () => port.drain({ timeoutMs: 0 }),
  };
}

/** Shows that the server serves it. */
async function isServed(client: TLSRecorder): Promise<void> {
  client.connection.write("hello");
  await client.receives(5);
  client.connection.abortConnection();
  await client.lost();
}

// Only with libc can a client choose its address.
describe.skipIf(libcOrNull() === null)("a TLS port refuses before TLS (needs libc)", () => {
  test("a peer that withAccess denies is reset without a handshake", async () => {
    const deny = ["127.0.0.1"];
    await using server = await securedServer((factory) => withAccess(factory, { deny }));
    using denied = await server.silent();
    await denied.reset();
    expect(denied.receivedBytes).toBe(0);
    expect(server.port.stats).toEqual({ accepted: 0, refused: 1, failedHandshakes: 0 });
    expect(server.factory.events).toEqual([]);
    await isServed(await server.connect("127.0.0.2"));
  });

  test("silent peers that are denied leave the places of maxConnections to others", async () => {
    const deny = ["127.0.0.1"];
    const options = { maxConnections: 2 };
    await using server = await securedServer((factory) => withAccess(factory, { deny }), options);
    const silent = await Promise.all(Array.from({ length: 20 }, server.silent));
    await Promise.all(silent.map((peer) => peer.reset()));
    await isServed(await server.connect("127.0.0.2"));
  });

  test("1,000 silent handshakes of one peer hold no more places than maxPerPeer", async () => {
    const limits = { maxConnections: 50, maxPerPeer: 10 };
    await using server = await securedServer((factory) => withLimits(factory, limits));
    const before = openDescriptors();
    const silent: RawPeer[] = [];
    for (let count = 0; count < 1_000; count++) {
      // One that is reset early enough never gets to know that it was connected.
      await server.silent().then(
        (peer) => silent.push(peer),
        () => undefined,
      );
    }
    await server.factory.asked(limits.maxPerPeer);
    await isServed(await server.connect("127.0.0.2"));
    expect(server.port.stats).toMatchObject({ accepted: 1, refused: 1_000 - limits.maxPerPeer });
    for (const peer of silent) peer[Symbol.dispose]();
    await server.factory.has(0);
    expect(server.factory.mistakes).toEqual([]);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("a place is taken from accept on, and given back when the handshake fails", async () => {
    const limits = { maxPerPeer: 1 };
    await using server = await securedServer((factory) => withLimits(factory, limits));
    using first = await server.silent();
    await server.factory.has(1);
    using second = await server.silent();
    await second.reset();
    await first.send("this is no TLS");
    await first.ended();
    await server.factory.has(0);
    await isServed(await server.connect("127.0.0.1"));
    expect(server.port.stats).toEqual({ accepted: 1, refused: 1, failedHandshakes: 1 });
  });

  test("a handshake that times out is dismissed", async () => {
    const tls = { ...LOCALHOST, handshakeTimeoutMs: 30 };
    await using server = await securedServer((factory) => factory, { tls });
    using silent = await server.silent();
    await silent.reset();
    await server.factory.has(0);
    expect(server.factory.events).toEqual(["admit", "dismiss"]);
  });

  test("overflow is told inside TLS, and has a place from accept on", async () => {
    const overflow = Factory.forProtocol(
      class Busy extends TLSRecorder {
        override connectionMade(): void {
          this.transport.write("come back later");
          this.transport.loseConnection();
        }
      },
    );
    const limits = { maxConnections: 1, overflow, maxOverflow: 1 };
    await using server = await securedServer((factory) => withLimits(factory, limits));
    using served = await server.silent();
    await server.factory.has(1);
    const told = await server.connect("127.0.0.2");
    await told.lost();
    expect(told.received.toString()).toBe("come back later");
    using inHandshake = await server.silent();
    using refused = await server.silent();
    await refused.reset();
    expect([served.open, inHandshake.open]).toEqual([true, true]);
  });

  test("a factory that fails in admit, buildProtocol or dismiss harms no other connection", async () => {
    const fault = new Error("a fault of the factory");
    const failAt = { admit: true, build: true, dismiss: true };
    const failOnce = (place: keyof typeof failAt) => {
      if (!failAt[place]) return;
      failAt[place] = false;
      throw fault;
    };
    const build = () => {
      failOnce("build");
      return echo();
    };
    const factory = new AdmittingFactory<Protocol>(build, {
      admit() {
        failOnce("admit");
        return true;
      },
      dismiss: () => failOnce("dismiss"),
    });
    await using server = await securedServer((inner) => inner, {}, factory);
    using refused = await server.silent();
    await refused.reset();
    const unserved = await server.connect("127.0.0.2");
    await unserved.lost();
    await isServed(await server.connect("127.0.0.2"));
    await factory.has(0);
    expect(server.logger.errors).toEqual([fault, fault, fault]);
    expect(factory.mistakes).toEqual([]);
  });
});

describe("a TLS connect is admitted before TLS", () => {
  test("one that is not rejects with NoProtocol, and the server sees no handshake", async () => {
    using listener = new RawListener();
    const factory = withAccess(Factory.forProtocol(TLSRecorder), { deny: ["127.0.0.1"] });
    const where = { host: "127.0.0.1", port: listener.port, tls: TLS };
    const connecting = new BunReactor().connectTCP(where, factory);
    expect(await connecting.catch((error: unknown) => error)).toBeInstanceOf(NoProtocol);
    const peer = await listener.accept();
    await peer.ended();
    expect(peer.receivedBytes).toBe(0);
  });

  const endings: Readonly<Record<string, (peer: RawPeer, stop: AbortController) => void>> = {
    "the server ends it": (peer) => peer.sendFIN(),
    "the server resets it": (peer) => peer.sendRST(),
    "the server sends junk": (peer) => void peer.send("this is no TLS".repeat(100)),
    "it is cancelled": (_peer, stop) => stop.abort(),
    "it takes too long": () => undefined,
  };
  for (const [what, end] of Object.entries(endings)) {
    test(`one whose handshake fails is dismissed, once: ${what}`, async () => {
      using listener = new RawListener();
      const stop = new AbortController();
      const factory = new AdmittingFactory(() => new TLSRecorder());
      const tls = { ...TLS, handshakeTimeoutMs: what === "it takes too long" ? 20 : 20_000 };
      const options = { host: "127.0.0.1", port: listener.port, tls, signal: stop.signal };
      const connecting = new BunReactor().connectTCP(options, factory);
      const outcome = connecting.catch((error: unknown) => error);
      const peer = await listener.accept();
      await peer.receives(1);
      expect(factory.events).toEqual(["admit"]);
      end(peer, stop);
      expect(await outcome).toBeInstanceOf(Error);
      expect(factory.events).toEqual(["admit", "dismiss", "stop"]);
    });
  }
});
