import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { connectProtocol } from "../../src/endpoints/connect-protocol.ts";
import { TCPClientEndpoint, TCPServerEndpoint } from "../../src/endpoints/tcp-endpoints.ts";
import { TLSClientEndpoint, TLSServerEndpoint } from "../../src/endpoints/tls-endpoints.ts";
import { wrapClientTLS } from "../../src/endpoints/wrap-client-tls.ts";
import { wrapServerTLS } from "../../src/endpoints/wrap-server-tls.ts";
import type { InternetAddress } from "../../src/reactor/address.ts";
import {
  ConnectError,
  ConnectingCancelledError,
  NoProtocol,
} from "../../src/reactor/connect-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { ListeningPort } from "../../src/reactor/listening-port.ts";
import { type TLSClientOptions, TLSError, type TLSServerOptions } from "../../src/reactor/tls.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { TLSRecorder } from "../bun/tls-recorder.ts";
import { LOCALHOST, OTHER, TEST_AUTHORITY } from "../fixtures/tls-fixtures.ts";
import { RawListener } from "../raw-listener.ts";
import { RawPeer } from "../raw-peer.ts";

const TRUSTING: TLSClientOptions = { authorities: TEST_AUTHORITY, serverName: "localhost" };

/** A server that echoes through `wrapServerTLS`, and its protocols. */
class WrappedServer implements AsyncDisposable {
  readonly reactor = new BunReactor({ logger: new MemoryLogger() });
  readonly protocols: TLSRecorder[] = [];
  readonly #first = Promise.withResolvers<TLSRecorder>();
  #port: ListeningPort | null = null;

  static async listen(options: TLSServerOptions = LOCALHOST): Promise<WrappedServer> {
    const server = new WrappedServer();
    const endpoint = wrapServerTLS(new TCPServerEndpoint(server.reactor), options);
    const echo = new Factory(() => {
      const protocol = new TLSRecorder({ dataReceived: (me, data) => me.connection.write(data) });
      server.protocols.push(protocol);
      server.#first.resolve(protocol);
      return protocol;
    });
    server.#port = await endpoint.listen(echo);
    return server;
  }

  get port(): ListeningPort {
    if (this.#port === null) throw new Error("It does not listen");
    return this.#port;
  }

  /** The protocol of the first connection. */
  get first(): Promise<TLSRecorder> {
    return this.#first.promise;
  }

  get target() {
    const { host, port } = this.port.host as InternetAddress;
    return { host, port };
  }

  client(tls: TLSClientOptions = TRUSTING) {
    return wrapClientTLS(new TCPClientEndpoint(this.reactor, this.target), tls);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.port.drain({ timeoutMs: 0 });
  }
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "no failure",
    (error: unknown) => error,
  );
}

describe("wrapClientTLS and wrapServerTLS", () => {
  test("both protocols are made after the handshake, and told of it right after", async () => {
    await using server = await WrappedServer.listen();
    const client = new TLSRecorder();
    expect(await connectProtocol(server.client(), client)).toBe(client);
    client.connection.write("secret");
    await client.receives("secret".length);
    const events = ["connectionMade", "handshakeCompleted", "dataReceived"];
    expect(client.events).toEqual(events);
    const peer = await server.first;
    expect(peer.events).toEqual(events);
    expect(client.info?.peerCertificate?.subject).toBe("localhost");
    expect(client.connection.tlsInfo?.authorized).toBe(true);
    client.connection.loseConnection();
    expect(await client.lost()).toEqual({ kind: "done" });
    expect(await peer.lost()).toEqual({ kind: "done" });
  });

  test("a certificate that is not good fails the connect, and makes no protocol", async () => {
    await using server = await WrappedServer.listen(OTHER);
    let built = 0;
    const factory = new Factory(() => {
      built++;
      return new TLSRecorder();
    });
    const error = await failure(server.client().connect(factory));
    expect(error).toBeInstanceOf(ConnectError);
    expect((error as Error).cause).toBeInstanceOf(TLSError);
    expect((error as ConnectError).address).toBe(server.port.host.toString());
    expect(built).toBe(0);
  });

  test("a client that breaks off the handshake never has a protocol at the server", async () => {
    await using server = await WrappedServer.listen();
    using peer = await RawPeer.connect(server.target);
    await peer.send("this is no TLS");
    await peer.ended();
    expect(server.protocols).toEqual([]);
  });

  test("a server that ends the connection in the handshake is a ConnectError", async () => {
    using listener = new RawListener();
    const where = { host: "127.0.0.1", port: listener.port };
    const endpoint = wrapClientTLS(new TCPClientEndpoint(new BunReactor(), where), TRUSTING);
    const connecting = failure(endpoint.connect(Factory.forProtocol(TLSRecorder)));
    (await listener.accept()).sendFIN();
    expect(await connecting).toMatchObject({ name: "ConnectError" });
  });

  test("a signal ends the handshake", async () => {
    using listener = new RawListener();
    const where = { host: "127.0.0.1", port: listener.port };
    const endpoint = wrapClientTLS(new TCPClientEndpoint(new BunReactor(), where), TRUSTING);
    const stop = new AbortController();
    const { signal } = stop;
    const connecting = failure(endpoint.connect(Factory.forProtocol(TLSRecorder), { signal }));
    const peer = await listener.accept();
    await peer.receives(1);
    stop.abort("enough");
    expect(await connecting).toBeInstanceOf(ConnectingCancelledError);
    expect(await connecting).toMatchObject({ cause: "enough" });
    await peer.ended();
  });

  test("a factory that refuses is NoProtocol, after the handshake", async () => {
    await using server = await WrappedServer.listen();
    const error = await failure(server.client().connect(new Factory<TLSRecorder>(() => null)));
    expect(error).toBeInstanceOf(NoProtocol);
    const peer = await server.first;
    await peer.lost();
    expect(peer.events.at(1)).toBe("handshakeCompleted");
  });

  test("a factory that throws is NoProtocol too, with the error as its cause", async () => {
    await using server = await WrappedServer.listen();
    const broken = new Factory<TLSRecorder>(() => {
      throw new Error("no memory");
    });
    const error = await failure(server.client().connect(broken));
    expect(error).toBeInstanceOf(NoProtocol);
    expect((error as Error).cause).toMatchObject({ message: "no memory" });
  });

  test("a refused TCP connection fails as without TLS", async () => {
    using listener = new RawListener();
    const { port } = listener;
    listener[Symbol.dispose]();
    const inner = new TCPClientEndpoint(new BunReactor(), { host: "127.0.0.1", port });
    const error = await failure(
      wrapClientTLS(inner, TRUSTING).connect(Factory.forProtocol(TLSRecorder)),
    );
    expect(error).toMatchObject({ name: "ConnectionRefusedError" });
  });

  test("the factory starts once, and stops when its last connection and its port have ended", async () => {
    const reactor = new BunReactor();
    const uses: string[] = [];
    class Counted extends Factory<TLSRecorder> {
      override buildProtocol = () => new TLSRecorder();
      override startFactory = () => void uses.push("start");
      override stopFactory = () => void uses.push("stop");
    }
    const port = await wrapServerTLS(new TCPServerEndpoint(reactor), LOCALHOST).listen(
      new Counted(),
    );
    expect(uses).toEqual(["start"]);
    await port.stopListening();
    expect(uses).toEqual(["start", "stop"]);
  });

  test("a drain does not wait for connections that are still in the handshake", async () => {
    await using server = await WrappedServer.listen();
    using peer = await RawPeer.connect(server.target);
    const { connections } = server.port;
    // The peer is connected before the server has accepted it.
    while (connections.size === 0) await new Promise(setImmediate);
    await server.port.drain();
    await peer.reset();
    expect(server.protocols).toEqual([]);
  });

  test("reloadTLS is for connections that come later, and a bad one changes nothing", async () => {
    await using server = await WrappedServer.listen();
    const before = await server.client().connect(Factory.forProtocol(TLSRecorder));
    expect(() => server.port.reloadTLS({ key: "junk", certificate: "junk" })).toThrow(TLSError);
    await server.client().connect(Factory.forProtocol(TLSRecorder));
    server.port.reloadTLS(OTHER);
    const asOther = server.client({ ...TRUSTING, serverName: "other.example" });
    const after = await asOther.connect(Factory.forProtocol(TLSRecorder));
    expect(after.info?.peerCertificate?.subject).toBe("other.example");
    before.connection.write("still here");
    await before.receives("still here".length);
  });

  test("a server without a key or a certificate is refused when the endpoint is made", () => {
    const endpoint = new TCPServerEndpoint(new BunReactor());
    expect(() => wrapServerTLS(endpoint, { ...LOCALHOST, key: "" })).toThrow(TypeError);
    expect(() => wrapServerTLS(endpoint, { ...LOCALHOST, certificate: "" })).toThrow(TypeError);
    expect(() => wrapServerTLS(endpoint, { ...LOCALHOST, key: OTHER.key })).toThrow(TLSError);
    const serverNames = { "other.example": { ...OTHER, key: "" } };
    expect(() => wrapServerTLS(endpoint, { ...LOCALHOST, serverNames })).toThrow("other.example");
  });

  test("a client that does not say whom to expect is refused, unless it accepts anybody", async () => {
    await using server = await WrappedServer.listen();
    expect(() => server.client({ authorities: TEST_AUTHORITY })).toThrow(TypeError);
    expect(() => server.client({ ...TRUSTING, serverName: "" })).toThrow(TypeError);
    const careless = await server
      .client({ verify: false })
      .connect(Factory.forProtocol(TLSRecorder));
    expect(careless.info?.authorized).toBe(false);
  });
});

describe("TLSServerEndpoint and TLSClientEndpoint", () => {
  test("a name is looked up, and verified", async () => {
    const reactor = new BunReactor();
    const listening = new TLSServerEndpoint(reactor, { tls: LOCALHOST });
    await using port = await listening.listen(Factory.forProtocol(TLSRecorder));
    const options = { port: port.host.port, resolver: async () => ["127.0.0.1"] };
    const tls = { authorities: TEST_AUTHORITY };
    const good = new TLSClientEndpoint(reactor, { host: "localhost", tls, ...options });
    const client = await good.connect(Factory.forProtocol(TLSRecorder));
    expect(client.info).toMatchObject({ authorized: true });
    client.connection.abortConnection();
    const bad = new TLSClientEndpoint(reactor, { host: "other.example", tls, ...options });
    const error = await failure(bad.connect(Factory.forProtocol(TLSRecorder)));
    expect(error).toMatchObject({ name: "ConnectError" });
    expect((error as Error).cause).toBeInstanceOf(TLSError);
  });
});
