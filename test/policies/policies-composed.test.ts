import { describe, expect, test } from "bun:test";
import { withAccess } from "../../src/policies/with-access.ts";
import { withLimits } from "../../src/policies/with-limits.ts";
import { withProxyHeader } from "../../src/policies/with-proxy-header.ts";
import { withProxyProtocol } from "../../src/policies/with-proxy-protocol.ts";
import { withShaping } from "../../src/policies/with-shaping.ts";
import { withTimeout } from "../../src/policies/with-timeout.ts";
import { withTrafficLog } from "../../src/policies/with-traffic-log.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import { AdmittingFactory } from "../admitting-factory.ts";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import { settle } from "../transport/scripted-network.ts";
import { ECHO, type Policy, PolicedServer } from "./policed-server.ts";

const RATE = { bytesPerSecond: 20_000, burstBytes: 1_000 };

const POLICIES: Readonly<Record<string, Policy>> = {
  withAccess: (factory) => withAccess(factory, { allow: ["127.0.0.0/8"] }),
  withLimits: (factory) => withLimits(factory, { maxConnections: 1, maxPerPeer: 1 }),
  withProxyProtocol: (factory, clock) => withProxyProtocol(factory, { clock }),
  withShaping: (factory, clock) =>
    withShaping(factory, { clock, read: RATE, write: RATE, totalRead: RATE, totalWrite: RATE }),
  withTimeout: (factory, clock) =>
    withTimeout(factory, { clock, idleMs: 5_000, readMs: 5_000, lifetimeMs: 60_000 }),
  withTrafficLog: (factory) => withTrafficLog(factory, { sink: noAction }),
};

const PAIRS = Object.keys(POLICIES).flatMap((outer) =>
  Object.keys(POLICIES)
    .filter((inner) => inner !== outer)
    .map((inner) => [outer, inner] as const),
);

/** A server behind two policies, and a client of it that says all that they want to hear. */
async function composed(outer: string, inner: string, actions = ECHO) {
  const policed = new PolicedServer((factory, clock) => {
    const inside = POLICIES[inner]?.(factory, clock) ?? factory;
    return POLICIES[outer]?.(inside, clock) ?? inside;
  }, actions);
  const isProxied = outer === "withProxyProtocol" || inner === "withProxyProtocol";
  const connect = async () => {
    await policed.started;
    const client = new RecordingProtocol({ readConnectionLost: noAction });
    const clients = new Factory(() => client);
    const factory = isProxied ? withProxyHeader(clients, { version: 2 }) : clients;
    await policed.reactor.connectTCP({ host: "127.0.0.1", port: 7 }, factory);
    policed.reactor.flush();
    return client;
  };
  return { policed, connect };
}

describe.each(Object.keys(POLICIES))("%s around a factory that admits", (name) => {
  test("asks it before it builds, and dismisses when the connection has ended", async () => {
    const admitting = new AdmittingFactory<Protocol>(() => new RecordingProtocol());
    const policed = new PolicedServer(
      (_, clock) => POLICIES[name]?.(admitting, clock) ?? admitting,
    );
    await policed.started;
    const client = new RecordingProtocol();
    const clients = new Factory(() => client);
    const isProxied = name === "withProxyProtocol";
    const factory = isProxied ? withProxyHeader(clients, { version: 1 }) : clients;
    await policed.reactor.connectTCP({ host: "127.0.0.1", port: 7 }, factory);
    policed.reactor.flush();
    expect(admitting.events).toEqual(["admit", "build"]);
    client.connection.abortConnection();
    await settle();
    policed.reactor.flush();
    expect(admitting.events).toEqual(["admit", "build", "dismiss"]);
    expect(admitting.mistakes).toEqual([]);
  });
});

describe.each(PAIRS)("%s around %s", (outer, inner) => {
  test("echoes all that comes before a half-close, and leaves nothing behind", async () => {
    const { policed, connect } = await composed(outer, inner);
    const client = await connect();
    const sent = Buffer.alloc(50_000, "0123456789");
    client.connection.write(sent);
    client.connection.loseWriteConnection();
    policed.reactor.advance(20_000);
    expect(client.received.equals(sent)).toBe(true);
    client.connection.loseConnection();
    policed.reactor.flush();
    expect(policed.server.reason).toEqual({ kind: "done" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("a connection that is reset leaves nothing behind, and makes room", async () => {
    const { policed, connect } = await composed(outer, inner);
    for (let round = 0; round < 3; round++) {
      const client = await connect();
      client.connection.write(Buffer.alloc(5_000));
      policed.reactor.flush();
      client.connection.abortConnection();
      // Who is not read for a while is seen to be gone only then.
      policed.reactor.advance(1_000);
    }
    expect(policed.servers.map((server) => server.reason?.kind)).toEqual(["lost", "lost", "lost"]);
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("a factory inside that refuses is a refusal, and nothing is called", async () => {
    const { policed } = await composed(outer, inner);
    const refusing = new Factory(() => null);
    const inside = POLICIES[inner]?.(refusing, policed.reactor) ?? refusing;
    const factory = POLICIES[outer]?.(inside, policed.reactor) ?? inside;
    await policed.reactor.listenTCP({ port: 8 }, factory);
    const client = new RecordingProtocol();
    const clients = withProxyHeader(new Factory(() => client), { version: 1 });
    await policed.reactor.connectTCP({ host: "127.0.0.1", port: 8 }, clients);
    policed.reactor.flush();
    expect(client.reason).not.toBeNull();
    expect(client.receivedBytes).toBe(0);
    expect(policed.reactor.clock.pending).toBe(0);
  });
});
