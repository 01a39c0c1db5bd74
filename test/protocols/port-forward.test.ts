import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { TCPClientEndpoint } from "../../src/endpoints/tcp-endpoints.ts";
import { withProxyHeader } from "../../src/policies/with-proxy-header.ts";
import { withProxyProtocol } from "../../src/policies/with-proxy-protocol.ts";
import { Echo } from "../../src/protocols/echo.ts";
import { portForward, type PortForwardOptions } from "../../src/protocols/port-forward.ts";
import { ConnectionRefusedError } from "../../src/reactor/connect-error.ts";
import type { StreamClientEndpoint } from "../../src/reactor/endpoint.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { ListeningPort } from "../../src/reactor/listening-port.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { type Actions, noAction, RecordingProtocol } from "../transport/recording-protocol.ts";

const FORWARDER_PORT = 7000;
const TARGET_PORT = 8000;
const HALF_CLOSE_AWARE: Actions = { readConnectionLost: noAction };

/** A target, a forwarder in front of it and a client of that, on one host in memory. */
class Forwarding {
  readonly logger = new MemoryLogger();
  readonly reactor = new MemoryReactor({ bufferBytes: 4096, logger: this.logger });
  readonly target: RecordingProtocol;
  readonly client: RecordingProtocol;
  readonly ports: ListeningPort[] = [];

  constructor(target: Actions, client: Actions) {
    this.target = new RecordingProtocol(target);
    this.client = new RecordingProtocol(client);
  }

  /** Connects all; without `target` nobody listens where the forwarder connects to. */
  async start(options: PortForwardOptions = {}, withTarget = true): Promise<void> {
    const { reactor } = this;
    const host = "127.0.0.1";
    if (withTarget) {
      const target = new Factory(() => this.target);
      this.ports.push(await reactor.listenTCP({ port: TARGET_PORT }, target));
    }
    const endpoint = new TCPClientEndpoint(reactor, { host, port: TARGET_PORT });
    await this.forwardTo(endpoint, options);
  }

  async forwardTo(endpoint: StreamClientEndpoint, options: PortForwardOptions = {}): Promise<void> {
    const { reactor } = this;
    const forwarder = portForward(endpoint, options);
    this.ports.push(await reactor.listenTCP({ port: FORWARDER_PORT }, forwarder));
    const client = new Factory(() => this.client);
    await reactor.connectTCP({ host: "127.0.0.1", port: FORWARDER_PORT }, client);
    await this.settle();
  }

  /** Delivers what is under way, and lets promises go on. */
  async settle(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      this.reactor.flush();
      await Promise.resolve();
    }
    this.reactor.flush();
  }

  /** How many connections are open on either port. */
  get openConnections(): number {
    return this.ports.reduce((sum, port) => sum + port.connections.size, 0);
  }

  /** What waits inside the forwarder to be sent to the client. */
  get waitingForClient(): number {
    const [connection] = this.ports.at(-1)?.connections ?? [];
    return connection?.bufferedAmount ?? 0;
  }
}

async function forwarding(target: Actions = {}, client: Actions = {}): Promise<Forwarding> {
  const all = new Forwarding(target, client);
  await all.start();
  return all;
}

/** Asks through a forwarder in front of echo, over real sockets, and resolves with the answer. */
async function askEcho(reactor: BunReactor, port: number, question: Buffer): Promise<Buffer> {
  const client = new RecordingProtocol({
    ...HALF_CLOSE_AWARE,
    connectionMade: (me) => {
      me.connection.write(question);
      me.connection.loseWriteConnection();
    },
  });
  await reactor.connectTCP({ host: "127.0.0.1", port }, new Factory(() => client));
  await client.lost();
  return client.received;
}

describe("portForward", () => {
  test("over real sockets, who half-closes right after sending gets the whole echo", async () => {
    const reactor = new BunReactor();
    await using echo = await reactor.listenTCP({}, Factory.forProtocol(Echo));
    const { host, port } = echo.host;
    const forwarder = portForward(new TCPClientEndpoint(reactor, { host, port }));
    await using forwarding = await reactor.listenTCP({}, forwarder);
    const questions = [...Array<number>(20).fill(2), 50_000, 3_000_000].map((size) =>
      Buffer.alloc(size, "question"),
    );
    for (const question of questions) {
      const answer = await askEcho(reactor, forwarding.host.port, question);
      expect(answer.equals(question)).toBe(true);
    }
  });

  test("bytes go both ways", async () => {
    const { client, target, reactor } = await forwarding();
    client.connection.write("question");
    target.connection.write("answer");
    reactor.flush();
    expect(target.received.toString()).toBe("question");
    expect(client.received.toString()).toBe("answer");
  });

  test("a half-close is passed on, and the answer to it comes back", async () => {
    const { client, target, reactor, ...rest } = await forwarding(
      HALF_CLOSE_AWARE,
      HALF_CLOSE_AWARE,
    );
    client.connection.write("question");
    client.connection.loseWriteConnection();
    reactor.flush();
    expect(target.events).toEqual(["connectionMade", "dataReceived", "readConnectionLost"]);
    target.connection.write("late answer");
    target.connection.loseWriteConnection();
    reactor.flush();
    expect(client.received.toString()).toBe("late answer");
    expect([client.reason?.kind, target.reason?.kind]).toEqual(["done", "done"]);
    expect(rest.ports.map((port) => port.connections.size)).toEqual([0, 0]);
  });

  test("a client that sends and half-closes before the target is connected is answered", async () => {
    const echo: Actions = {
      dataReceived: (me, data) => me.connection.write(data),
    };
    const { client } = await forwarding(echo, {
      ...HALF_CLOSE_AWARE,
      connectionMade: (me) => {
        me.connection.write("hi");
        me.connection.loseWriteConnection();
      },
    });
    expect(client.received.toString()).toBe("hi");
    expect(client.reason?.kind).toBe("done");
  });

  test("a client is not read until the target is connected", async () => {
    const all = new Forwarding({}, {});
    const { promise, resolve } = Promise.withResolvers<void>();
    await all.reactor.listenTCP({ port: TARGET_PORT }, new Factory(() => all.target));
    const target = new TCPClientEndpoint(all.reactor, { host: "127.0.0.1", port: TARGET_PORT });
    await all.forwardTo({ connect: (factory) => promise.then(() => target.connect(factory)) });
    all.client.connection.write("early");
    all.reactor.flush();
    const [forwarder] = all.ports;
    expect([...(forwarder?.connections ?? [])].map(({ stats }) => stats.bytesReceived)).toEqual([
      0,
    ]);
    resolve();
    await all.settle();
    expect(all.target.received.toString()).toBe("early");
  });

  test("the slow side throttles the fast side: what waits is bounded, and nothing is lost", async () => {
    const chunk = Buffer.alloc(64 * 1024, "x");
    const all = await forwarding();
    const { client, target, reactor } = all;
    client.connection.pauseProducing();
    target.connection.setWriteLimits({ max: 64 * chunk.length });
    let sent = 0;
    for (let count = 0; count < 40; count++) {
      target.connection.write(chunk);
      sent += chunk.length;
      reactor.flush();
    }
    const mostWaiting = 64 * 1024 + 512 * 1024;
    expect(all.waitingForClient).toBeGreaterThan(0);
    expect(all.waitingForClient).toBeLessThanOrEqual(mostWaiting);
    expect(target.connection.bufferedAmount).toBeGreaterThan(sent / 2);
    client.connection.resumeProducing();
    reactor.flush();
    expect(client.receivedBytes).toBe(sent);
    expect(target.connection.bufferedAmount).toBe(0);
  });

  test("targetPolicies can name the client to the target in a PROXY header", async () => {
    const all = new Forwarding({}, {});
    const { reactor, target, client } = all;
    const proxied = withProxyProtocol(new Factory(() => target), { clock: reactor });
    await reactor.listenTCP({ port: TARGET_PORT }, proxied);
    const endpoint = new TCPClientEndpoint(reactor, { host: "127.0.0.1", port: TARGET_PORT });
    await all.forwardTo(endpoint, {
      targetPolicies: (factory, accepted) => {
        const [source, destination] = [accepted.getPeer(), accepted.getHost()];
        return withProxyHeader(factory, { version: 2, source, destination });
      },
    });
    client.connection.write("hello");
    reactor.flush();
    expect(target.received.toString()).toBe("hello");
    expect(target.connection.getPeer()).toEqual(client.connection.getHost());
    expect(target.connection.getHost()).toEqual(client.connection.getPeer());
  });

  test("a target that cannot be connected ends the client, and connectFailed says why", async () => {
    const errors: unknown[] = [];
    const all = new Forwarding({}, {});
    await all.start({ connectFailed: (error) => errors.push(error) }, false);
    expect(errors).toEqual([expect.any(ConnectionRefusedError)]);
    expect(all.client.reason?.kind).toBe("lost");
    expect(all.openConnections).toBe(0);
  });

  test("a connectFailed that throws is logged, and troubles nobody else", async () => {
    const fault = new Error("cannot note it");
    const all = new Forwarding({}, {});
    const connectFailed = () => {
      throw fault;
    };
    await all.start({ connectFailed }, false);
    await all.settle();
    expect(all.logger.errors).toEqual([fault]);
    expect(all.openConnections).toBe(0);
  });

  test("both are closed together: an orderly close is one for the other too", async () => {
    for (const closing of ["client", "target"] as const) {
      const all = await forwarding();
      all[closing].connection.loseConnection();
      all.reactor.flush();
      expect([all.client.reason?.kind, all.target.reason?.kind]).toEqual(["done", "done"]);
      expect(all.openConnections).toBe(0);
    }
  });

  test("both are closed together: a policy that closes one end closes the other too", async () => {
    const all = await forwarding();
    const [accepted] = all.ports.at(-1)?.connections ?? [];
    accepted?.loseConnection();
    all.reactor.flush();
    expect([all.client.reason?.kind, all.target.reason?.kind]).toEqual(["done", "done"]);
    expect(all.openConnections).toBe(0);
  });

  test("both are closed together: a connection that is lost aborts the other", async () => {
    for (const [closing, other] of [
      ["client", "target"],
      ["target", "client"],
    ] as const) {
      const all = await forwarding();
      all[closing].connection.abortConnection();
      all.reactor.flush();
      expect(all[other].reason?.kind).toBe("lost");
      expect(all.openConnections).toBe(0);
    }
  });

  test("a lost target ends a client that is paused because of it", async () => {
    const all = await forwarding();
    const { client, target, reactor } = all;
    target.connection.pauseProducing();
    for (let count = 0; count < 8; count++) {
      client.connection.write(Buffer.alloc(64 * 1024));
      reactor.flush();
    }
    target.connection.abortConnection();
    reactor.flush();
    expect(client.reason?.kind).toBe("lost");
    expect(all.openConnections).toBe(0);
  });

  test("a lost end ends the other one, also when neither reads what comes from the other", async () => {
    for (const [lost, other] of [
      ["client", "target"],
      ["target", "client"],
    ] as const) {
      const all = await forwarding();
      for (const end of [all.client, all.target]) {
        end.connection.pauseProducing();
        end.connection.setWriteLimits({ max: 64 * 1024 * 1024 });
        end.connection.write(Buffer.alloc(2 * 1024 * 1024));
      }
      await all.settle();
      all[lost].connection.abortConnection();
      await all.settle();
      expect(all.ports.at(-1)?.connections.size).toBe(0);
      all[other].connection.resumeProducing();
      await all.settle();
      expect(all[other].reason?.kind).toBe("lost");
      expect(all.openConnections).toBe(0);
    }
  });

  test("a forwarder that is drained while it connects cancels the attempt", async () => {
    const all = new Forwarding({}, {});
    const reasons: unknown[] = [];
    const errors: unknown[] = [];
    const never: StreamClientEndpoint = {
      connect: (_factory, options) =>
        new Promise((_resolve, reject) => {
          options?.signal?.addEventListener("abort", () => {
            reasons.push("cancelled");
            reject(new Error("Cancelled"));
          });
        }),
    };
    await all.forwardTo(never, { connectFailed: (error) => errors.push(error) });
    const [port] = all.ports;
    const drained = port?.drain({ timeoutMs: 10 });
    await all.settle();
    all.reactor.advance(10);
    await drained;
    await all.settle();
    expect(reasons).toEqual(["cancelled"]);
    expect(errors).toEqual([]);
    expect(all.client.reason).not.toBeNull();
  });
});
