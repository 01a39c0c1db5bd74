import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { ConnectionClosedError } from "../../src/reactor/close-reason.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Producer } from "../../src/reactor/producer.ts";
import { type StartTLSOptions, TLSError } from "../../src/reactor/tls.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { LOCALHOST, TEST_AUTHORITY } from "../fixtures/tls-fixtures.ts";
import type { RecordingProtocol } from "../transport/recording-protocol.ts";
import { TLSRecorder } from "./tls-recorder.ts";

const AS_SERVER: StartTLSOptions = { side: "server", ...LOCALHOST };
const AS_CLIENT: StartTLSOptions = {
  side: "client",
  authorities: TEST_AUTHORITY,
  serverName: "localhost",
};

type OnData = (me: RecordingProtocol, data: Buffer) => unknown;

/** Two protocols connected in clear. */
async function connected(serverSays: OnData, clientSays: OnData) {
  const logger = new MemoryLogger();
  const reactor = new BunReactor({ logger });
  const server = new TLSRecorder({ dataReceived: serverSays });
  const client = new TLSRecorder({ dataReceived: clientSays });
  await using port = await reactor.listenTCP({}, new Factory(() => server));
  await reactor.connectTCP({ host: "127.0.0.1", port: port.host.port }, new Factory(() => client));
  return { server, client, logger };
}

/** Has the client ask for TLS, and waits until it may begin. */
async function permitted(client: TLSRecorder): Promise<void> {
  client.connection.write("STARTTLS");
  await client.receives("go ahead".length);
}

/** A server that upgrades at STARTTLS and echoes afterwards. */
function upgradingServer(me: RecordingProtocol, data: Buffer): void {
  if (me.connection.tlsInfo !== null) {
    me.connection.write(data);
    return;
  }
  me.connection.write("go ahead");
  void me.connection.startTLS(AS_SERVER);
}

describe("startTLS", () => {
  test("what follows is secured on both sides, and the protocols stay", async () => {
    const { server, client } = await connected(upgradingServer, (me, data) => {
      if (data.toString() !== "go ahead") return;
      void me.connection.startTLS(AS_CLIENT);
      me.connection.write("secret");
    });
    client.connection.write("STARTTLS");
    await client.receives("go aheadsecret".length);
    expect(client.received.toString()).toBe("go aheadsecret");
    expect(client.info?.peerCertificate?.subject).toBe("localhost");
    expect(server.received.toString()).toBe("STARTTLSsecret");
    expect(server.events).toEqual([
      "connectionMade",
      "dataReceived",
      "handshakeCompleted",
      "dataReceived",
    ]);
    client.connection.loseConnection();
    expect(await client.lost()).toEqual({ kind: "done" });
    expect(await server.lost()).toEqual({ kind: "done" });
  });

  test("what was written before leaves in clear, all of it, and nothing of what comes after", async () => {
    const clear = Buffer.alloc(8_388_608, "clear ");
    const reactor = new BunReactor();
    let wire = Buffer.alloc(0);
    const sawHandshake = Promise.withResolvers<void>();
    // A bare socket sees what is on the wire; it begins to read only after everything was written.
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (socket) => socket.pause(),
        data(_socket, data) {
          wire = Buffer.concat([wire, data]);
          if (wire.length > clear.length) sawHandshake.resolve();
        },
        drain: (socket) => socket.resume(),
      },
    });
    const client = await reactor.connectTCP(
      { host: "127.0.0.1", port: listener.port },
      new Factory(() => new TLSRecorder()),
    );
    client.connection.write(clear);
    const upgrading = client.connection.startTLS(AS_CLIENT).catch(() => "failed");
    client.connection.write("secret");
    await sawHandshake.promise;
    expect(Bun.hash(wire.subarray(0, clear.length))).toBe(Bun.hash(clear));
    // A handshake record of TLS begins with 22, version 3.
    expect([...wire.subarray(clear.length, clear.length + 2)]).toEqual([22, 3]);
    expect(wire.includes("secret")).toBe(false);
    client.connection.abortConnection();
    expect(await upgrading).toBe("failed");
    listener.stop(true);
  });

  test("a registered producer goes on after it", async () => {
    const pieces = 200;
    let written = 0;
    const { client } = await connected(upgradingServer, () => undefined);
    client.connection.setWriteLimits({ low: 1_000, high: 4_000 });
    let paused = false;
    const writeOn = () => {
      while (!paused && written < pieces) {
        written++;
        client.connection.write(Buffer.alloc(1_000, written));
      }
      if (written === pieces) client.connection.unregisterProducer();
    };
    const producer: Producer = {
      pauseProducing: () => {
        paused = true;
      },
      resumeProducing: () => {
        paused = false;
        writeOn();
      },
      stopProducing: () => undefined,
    };
    await permitted(client);
    const upgraded = client.connection.startTLS(AS_CLIENT);
    client.connection.registerProducer(producer, true);
    writeOn();
    await upgraded;
    await client.receives("go ahead".length + pieces * 1_000);
    expect(written).toBe(pieces);
    client.connection.abortConnection();
  });

  test("a protocol that paused reading stays paused until it resumes", async () => {
    const { client } = await connected(upgradingServer, () => undefined);
    await permitted(client);
    client.connection.pauseProducing();
    const upgraded = client.connection.startTLS(AS_CLIENT);
    client.connection.write("later");
    await upgraded;
    expect(client.received.toString()).toBe("go ahead");
    client.connection.resumeProducing();
    await client.receives("go aheadlater".length);
    expect(client.received.toString()).toBe("go aheadlater");
    client.connection.abortConnection();
  });

  test("a certificate that is not good is the cause in connectionLost, and rejects", async () => {
    const { client } = await connected(upgradingServer, () => undefined);
    await permitted(client);
    const upgrading = client.connection.startTLS({ ...AS_CLIENT, serverName: "other.example" });
    const error = await upgrading.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TLSError);
    expect(await client.lost()).toEqual({ kind: "lost", cause: error as Error });
  });

  test("a peer that does not answer the handshake is lost at its timeout", async () => {
    const { client } = await connected(
      () => undefined,
      () => undefined,
    );
    const upgrading = client.connection.startTLS({ ...AS_CLIENT, handshakeTimeoutMs: 30 });
    await expect(upgrading).rejects.toThrow("took more than 30 ms");
    expect((await client.lost()).kind).toBe("lost");
  });

  test("a reset by the peer in the handshake rejects with what connectionLost is told", async () => {
    const { client, server } = await connected(
      () => undefined,
      () => undefined,
    );
    const upgrading = client.connection.startTLS(AS_CLIENT);
    server.connection.abortConnection();
    const error = await upgrading.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TLSError);
    expect(await client.lost()).toEqual({ kind: "lost", cause: error as TLSError });
  });

  for (const [what, options, close] of [
    ["fails", { ...AS_CLIENT, serverName: "other.example" }, false],
    ["is cut off", AS_CLIENT, true],
  ] as const) {
    test(`a callback that awaits a handshake which ${what} is no failure of its protocol`, async () => {
      const { client, server, logger } = await connected(
        (me, data) => (close ? me.connection.abortConnection() : upgradingServer(me, data)),
        (me) => me.connection.startTLS(options),
      );
      if (close) {
        server.connection.write("go ahead");
        await client.receives("go ahead".length);
      }
      client.connection.write("STARTTLS");
      expect(await client.lost()).toMatchObject({ kind: "lost" });
      await server.lost();
      expect(logger.reports).toEqual([]);
    });
  }

  test("the end of the connection in the handshake rejects it", async () => {
    const { client } = await connected(
      () => undefined,
      () => undefined,
    );
    const upgrading = client.connection.startTLS(AS_CLIENT);
    client.connection.abortConnection();
    await expect(upgrading).rejects.toBeInstanceOf(ConnectionClosedError);
    expect(await client.lost()).toEqual({ kind: "aborted" });
  });

  test("loseConnection in the handshake waits for it, and what was written arrives", async () => {
    const { server, client } = await connected(upgradingServer, () => undefined);
    await permitted(client);
    const upgrading = client.connection.startTLS(AS_CLIENT);
    client.connection.write("last words");
    client.connection.loseConnection();
    await upgrading;
    expect(await client.lost()).toEqual({ kind: "done" });
    await server.lost();
    expect(server.received.toString()).toBe("STARTTLSlast words");
  });

  test("twice, on a closing connection, or without a key it is refused, and nothing else changes", async () => {
    const { client } = await connected(upgradingServer, () => undefined);
    const noKey = { side: "server", key: "", certificate: "" } as const;
    await expect(client.connection.startTLS(noKey)).rejects.toThrow(TypeError);
    await permitted(client);
    const first = client.connection.startTLS(AS_CLIENT);
    await expect(client.connection.startTLS(AS_CLIENT)).rejects.toThrow("being secured");
    await first;
    await expect(client.connection.startTLS(AS_CLIENT)).rejects.toThrow("secured already");
    client.connection.loseConnection();
    await expect(client.connection.startTLS(AS_CLIENT)).rejects.toThrow("closing");
    expect(await client.lost()).toEqual({ kind: "done" });
  });
});
