import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { ConnectError } from "../../src/reactor/connect-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { TLSClientOptions, TLSServerOptions } from "../../src/reactor/tls.ts";
import { TLSError } from "../../src/reactor/tls.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { CLIENT, LOCALHOST, OTHER, TEST_AUTHORITY } from "../fixtures/tls-fixtures.ts";
import { RawPeer } from "../raw-peer.ts";
import { TLSRecorder } from "./tls-recorder.ts";

const TRUSTING: TLSClientOptions = { authorities: TEST_AUTHORITY };

function echo(): TLSRecorder {
  return new TLSRecorder({ dataReceived: (me, data) => me.connection.write(data) });
}

/** A server that is secured from the first byte, and connects to it. */
async function securedServer(tls: TLSServerOptions = LOCALHOST, makeServer = echo) {
  const reactor = new BunReactor({ logger: new MemoryLogger() });
  const servers: TLSRecorder[] = [];
  const build = () => {
    const server = makeServer();
    servers.push(server);
    return server;
  };
  const port = await reactor.listenTCP({ tls }, new Factory(build));
  const connect = (options: TLSClientOptions, client = new TLSRecorder()) =>
    reactor.connectTCP(
      { host: "127.0.0.1", port: port.host.port, tls: options },
      new Factory(() => client),
    );
  return {
    reactor,
    port,
    servers,
    connect,
    [Symbol.asyncDispose]: () => port[Symbol.asyncDispose](),
  };
}

describe("TLS: a connection secured from its first byte", () => {
  test("the protocols get connectionMade, then handshakeCompleted, then data", async () => {
    await using server = await securedServer();
    const client = await server.connect(TRUSTING);
    client.connection.write("hello");
    await client.receives(5);
    expect(client.received.toString()).toBe("hello");
    expect(client.events).toEqual(["connectionMade", "handshakeCompleted", "dataReceived"]);
    expect(server.servers[0]?.events).toEqual([
      "connectionMade",
      "handshakeCompleted",
      "dataReceived",
    ]);
    client.connection.loseConnection();
    expect(await client.lost()).toEqual({ kind: "done" });
    expect(await server.servers[0]?.lost()).toEqual({ kind: "done" });
  });

  test("both sides know what was agreed on", async () => {
    await using server = await securedServer({ ...LOCALHOST, alpnProtocols: ["smtp", "imap"] });
    const client = await server.connect({ ...TRUSTING, alpnProtocols: ["imap"] });
    expect(client.info).toMatchObject({
      version: "TLSv1.3",
      alpnProtocol: "imap",
      authorized: true,
      peerCertificate: { subject: "localhost", issuer: "Pretzel test authority" },
    });
    expect(client.connection.tlsInfo).toBe(client.info);
    // A client of TLS 1.3 is done first; the answer shows that the server is done too.
    client.connection.write("hello");
    await client.receives(5);
    expect(server.servers[0]?.info).toMatchObject({
      alpnProtocol: "imap",
      serverName: "127.0.0.1",
      authorized: false,
      peerCertificate: null,
    });
    client.connection.abortConnection();
  });

  test("a megabyte each way arrives whole, through a slow reader too", async () => {
    await using server = await securedServer();
    const client = await server.connect(TRUSTING);
    const sent = Buffer.alloc(1_048_576, "0123456789abcdef-");
    client.connection.pauseProducing();
    client.connection.write(sent);
    await client.connection.drained();
    client.connection.resumeProducing();
    await client.receives(sent.length);
    expect(Bun.hash(client.received)).toBe(Bun.hash(sent));
    client.connection.loseConnection();
    expect(await client.lost()).toEqual({ kind: "done" });
  });

  test("a half-close is answered", async () => {
    await using server = await securedServer();
    const client = await server.connect(TRUSTING);
    client.connection.write("last words");
    client.connection.loseWriteConnection();
    expect(await client.lost()).toEqual({ kind: "done" });
    expect(client.received.toString()).toBe("last words");
  });
});

describe("TLS: verification", () => {
  const refusals: readonly [string, TLSClientOptions, string][] = [
    ["an unknown authority", {}, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    [
      "another name",
      { ...TRUSTING, serverName: "elsewhere.example" },
      "ERR_TLS_CERT_ALTNAME_INVALID",
    ],
  ];
  for (const [what, options, code] of refusals) {
    test(`${what} rejects the connect with the cause, and builds no protocol`, async () => {
      await using server = await securedServer();
      const client = new TLSRecorder();
      const error = await server.connect(options, client).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(ConnectError);
      expect((error as ConnectError).code).toBe(code);
      expect((error as ConnectError).cause).toBeInstanceOf(TLSError);
      expect(client.events).toEqual([]);
    });
  }

  test("a serverName that is none is refused, never taken for the name localhost", async () => {
    await using server = await securedServer();
    for (const serverName of ["", null as unknown as string, 7 as unknown as string]) {
      await expect(server.connect({ ...TRUSTING, serverName })).rejects.toThrow("serverName");
    }
  });

  test("verify: false takes any certificate, and says that it is not authorized", async () => {
    await using server = await securedServer();
    const client = await server.connect({ verify: false });
    expect(client.info?.authorized).toBe(false);
    client.connection.abortConnection();
  });

  test("verify: false takes a certificate for another name too", async () => {
    await using server = await securedServer();
    const client = await server.connect({ verify: false, serverName: "elsewhere.example" });
    client.connection.write("hello");
    await client.receives(5);
    expect(client.info?.authorized).toBe(false);
    client.connection.abortConnection();
  });

  test("no protocol in common ends the handshake on both sides", async () => {
    await using server = await securedServer({ ...LOCALHOST, alpnProtocols: ["imap"] });
    await expect(server.connect({ ...TRUSTING, alpnProtocols: ["smtp"] })).rejects.toThrow(
      "NO_APPLICATION_PROTOCOL",
    );
    expect(server.port.stats).toEqual({ accepted: 0, refused: 0, failedHandshakes: 1 });
    expect(server.servers).toEqual([]);
  });
});

describe("TLS: server names", () => {
  const names: readonly [string, string][] = [
    ["other.example", "other.example"],
    ["OTHER.example", "other.example"],
    ["deep.wild.example", "other.example"],
    ["localhost", "localhost"],
  ];
  for (const [serverName, subject] of names) {
    test(`a client that asks for ${serverName} is shown ${subject}`, async () => {
      const serverNames = { "other.example": OTHER, "*.wild.example": OTHER };
      await using server = await securedServer({ ...LOCALHOST, serverNames });
      const client = await server.connect({ ...TRUSTING, serverName });
      expect(client.info?.peerCertificate?.subject).toBe(subject);
      client.connection.abortConnection();
    });
  }
});

describe("TLS: client certificates", () => {
  const asking = { ...LOCALHOST, authorities: TEST_AUTHORITY };

  test("an optional one is verified when it is shown", async () => {
    await using server = await securedServer({ ...asking, clientCertificate: "optional" });
    const client = await server.connect({ ...TRUSTING, identity: CLIENT });
    client.connection.write("hello");
    await client.receives(5);
    expect(server.servers[0]?.info).toMatchObject({
      authorized: true,
      peerCertificate: { subject: "client.example" },
    });
    client.connection.abortConnection();
  });

  test("an optional one may be missing", async () => {
    await using server = await securedServer({ ...asking, clientCertificate: "optional" });
    const client = await server.connect(TRUSTING);
    client.connection.write("hello");
    await client.receives(5);
    expect(server.servers[0]?.info).toMatchObject({ authorized: false, peerCertificate: null });
    client.connection.abortConnection();
  });

  test("a required one that is missing ends the connection, and builds no server protocol", async () => {
    await using server = await securedServer({ ...asking, clientCertificate: "required" });
    // A client of TLS 1.3 has finished its handshake before the server looks at the certificate.
    const client = await server.connect(TRUSTING);
    expect((await client.lost()).kind).toBe("lost");
    expect(server.servers).toEqual([]);
    expect(server.port.stats.failedHandshakes).toBe(1);
  });

  test("a required one that is not good ends the connection, and builds no server protocol", async () => {
    const authorities = OTHER.certificate;
    const required = { ...LOCALHOST, authorities, clientCertificate: "required" } as const;
    await using server = await securedServer(required);
    const client = await server.connect({ ...TRUSTING, identity: CLIENT });
    await client.lost();
    expect(server.servers).toEqual([]);
    expect(server.port.stats).toEqual({ accepted: 0, refused: 0, failedHandshakes: 1 });
  });

  test("an optional one that is not good is shown, and not authorized", async () => {
    const authorities = OTHER.certificate;
    const optional = { ...LOCALHOST, authorities, clientCertificate: "optional" } as const;
    await using server = await securedServer(optional);
    const client = await server.connect({ ...TRUSTING, identity: CLIENT });
    client.connection.write("hello");
    await client.receives(5);
    expect(server.servers[0]?.info).toMatchObject({
      authorized: false,
      peerCertificate: { subject: "client.example" },
    });
    client.connection.abortConnection();
  });

  test("a server with several names verifies them by its authorities, whichever it shows", async () => {
    const serverNames = { "other.example": OTHER };
    const required = { ...LOCALHOST, serverNames, clientCertificate: "required" } as const;
    const tls = { ...TRUSTING, serverName: "other.example", identity: CLIENT };
    await using trusting = await securedServer({ ...required, authorities: TEST_AUTHORITY });
    const client = await trusting.connect(tls);
    client.connection.write("hello");
    await client.receives(5);
    expect(trusting.servers[0]?.info?.authorized).toBe(true);
    client.connection.abortConnection();

    await using another = await securedServer({ ...required, authorities: OTHER.certificate });
    await (await another.connect(tls)).lost();
    expect(another.servers).toEqual([]);
  });

  test("asking for one without authorities to verify it by is refused", async () => {
    await expect(securedServer({ ...LOCALHOST, clientCertificate: "required" })).rejects.toThrow(
      /needs `authorities`/,
    );
  });
});

describe("TLS: keys and certificates", () => {
  const bad: readonly [string, Partial<TLSServerOptions>, RegExp][] = [
    ["no key", { key: "" }, /without a key/],
    ["no certificate", { certificate: "" }, /without a certificate/],
    ["a key that is not one", { key: "nonsense" }, /Cannot use the key and certificate/],
    ["the key of another", { key: OTHER.key }, /KEY_VALUES_MISMATCH/],
    ["an empty ALPN name", { alpnProtocols: [""] }, /1 to 255/],
    ["an authority that is not one", { authorities: "nonsense" }, /Cannot use the authorities/],
    ["no authority", { authorities: "" }, /Cannot use the authorities/],
    ["a handshake timeout that is none", { handshakeTimeoutMs: Number.NaN }, /NaN/],
    [
      "a word that says nothing of client certificates",
      { clientCertificate: "always" as "required", authorities: TEST_AUTHORITY },
      /"always"/,
    ],
  ];
  for (const [what, change, message] of bad) {
    test(`${what} is refused before anything listens`, async () => {
      await expect(securedServer({ ...LOCALHOST, ...change })).rejects.toThrow(message);
    });
  }

  test("reloadTLS serves new connections with the new one, and leaves open ones alone", async () => {
    await using server = await securedServer();
    const before = await server.connect(TRUSTING);
    server.port.reloadTLS(OTHER);
    const after = await server.connect({ ...TRUSTING, serverName: "other.example" });
    expect(after.info?.peerCertificate?.subject).toBe("other.example");
    before.connection.write("still here");
    await before.receives(10);
    before.connection.abortConnection();
    after.connection.abortConnection();
  });

  test("reloadTLS with something bad changes nothing", async () => {
    await using server = await securedServer();
    expect(() => server.port.reloadTLS({ ...OTHER, key: LOCALHOST.key })).toThrow(TLSError);
    const client = await server.connect(TRUSTING);
    expect(client.info?.peerCertificate?.subject).toBe("localhost");
    client.connection.abortConnection();
  });
});

describe("TLS: handshakes that do not end well", () => {
  test("garbage instead of a handshake ends that connection alone", async () => {
    await using server = await securedServer();
    using peer = await RawPeer.connect({ port: server.port.host.port });
    await peer.send("GET / HTTP/1.0\r\n\r\n");
    await peer.end().catch(() => peer.reset());
    expect(server.port.stats.failedHandshakes).toBe(1);
    const client = await server.connect(TRUSTING);
    client.connection.abortConnection();
  });

  test("a client that says nothing is ended by the handshake timeout", async () => {
    await using server = await securedServer({ ...LOCALHOST, handshakeTimeoutMs: 30 });
    using peer = await RawPeer.connect({ port: server.port.host.port });
    await peer.reset();
    expect(server.port.stats.failedHandshakes).toBe(1);
  });

  test("a server that says nothing rejects the connect at the handshake timeout", async () => {
    const reactor = new BunReactor();
    const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const tls = { ...TRUSTING, handshakeTimeoutMs: 30 };
    const connecting = reactor.connectTCP(
      { host: "127.0.0.1", port: silent.port, tls },
      new Factory(() => new TLSRecorder()),
    );
    await expect(connecting).rejects.toThrow("took more than 30 ms");
    silent.stop(true);
  });

  test("aborting the signal in the handshake cancels the connect", async () => {
    const reactor = new BunReactor();
    const controller = new AbortController();
    const silent = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: () => controller.abort(), open() {} },
    });
    const connecting = reactor.connectTCP(
      { host: "127.0.0.1", port: silent.port, tls: TRUSTING, signal: controller.signal },
      new Factory(() => new TLSRecorder()),
    );
    await expect(connecting).rejects.toThrow("cancelled");
    silent.stop(true);
  });
});
