import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { TCPServerEndpoint } from "../../src/endpoints/tcp-endpoints.ts";
import { wrapServerTLS } from "../../src/endpoints/wrap-server-tls.ts";
import { ConnectingCancelledError } from "../../src/reactor/connect-error.ts";
import type { InternetAddress } from "../../src/reactor/address.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { AdmittingFactory } from "../admitting-factory.ts";
import { LOCALHOST, TEST_AUTHORITY } from "../fixtures/tls-fixtures.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawListener } from "../raw-listener.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";
import { LateTLSClient } from "./late-tls-client.ts";

/** A TLS server with a reactor of its own that runs, and clients that have not begun to secure. */
async function securedServer(kind: "tls" | "wrapped") {
  const reactor = new BunReactor({ logger: new MemoryLogger() });
  const clients = new BunReactor();
  const running = reactor.run();
  const servers: RecordingProtocol[] = [];
  const factory = new AdmittingFactory(() => {
    const server = new RecordingProtocol();
    servers.push(server);
    return server;
  });
  const port =
    kind === "tls"
      ? await reactor.listenTCP({ tls: LOCALHOST }, factory)
      : await wrapServerTLS(new TCPServerEndpoint(reactor), LOCALHOST).listen(factory);
  const { port: number } = port.host as InternetAddress;
  const connect = async () => {
    const client = await LateTLSClient.connect(clients, number);
    await factory.has(1);
    return client;
  };
  return { reactor, running, factory, servers, port, connect };
}

describe.each(["tls", "wrapped"] as const)("a handshake under way, %s", (kind) => {
  test("ends when its port is drained: nothing is made of it afterwards", async () => {
    const { reactor, running, factory, servers, port, connect } = await securedServer(kind);
    const client = await connect();
    await port.drain();
    expect(factory.mistakes).toEqual([]);
    expect(await client.handshake()).toBeInstanceOf(Error);
    expect(servers).toEqual([]);
    await reactor.stop();
    await running;
  });

  test("ends when the reactor stops: nothing is made of it afterwards", async () => {
    const { reactor, running, factory, servers, connect } = await securedServer(kind);
    const client = await connect();
    const stopped = reactor.stop();
    const handshake = client.handshake();
    await stopped;
    await running;
    expect(factory.mistakes).toEqual([]);
    // However far it came: what wraps a port ends it in order, as it does any connection.
    await handshake;
    expect(servers).toEqual([]);
  });
});

test("a handshake ends when the reactor stops, though its port was stopped before", async () => {
  const { reactor, running, factory, servers, port, connect } = await securedServer("tls");
  const client = await connect();
  await port.stopListening();
  await reactor.stop();
  await running;
  expect(factory.mistakes).toEqual([]);
  expect(await client.handshake()).toBeInstanceOf(Error);
  expect(servers).toEqual([]);
});

test("a handshake under way when its port stops listening still gets its protocol", async () => {
  const { reactor, running, factory, servers, port, connect } = await securedServer("tls");
  const client = await connect();
  await port.stopListening();
  expect(factory.events).toEqual(["admit"]);
  expect(await client.handshake()).toBe("secured");
  await factory.sees("stop");
  // The factory has no more to build, and is stopped only now.
  expect(factory.events).toEqual(["admit", "build", "stop"]);
  expect(servers).toHaveLength(1);
  client.abort();
  await factory.has(0);
  await reactor.stop();
  await running;
});

test("a client's handshake ends when the reactor stops, and its socket with it", async () => {
  using listener = new RawListener();
  const reactor = new BunReactor();
  const running = reactor.run();
  // That of the listener's end of the connection is to stay.
  const before = openDescriptors() + 1;
  const factory = new AdmittingFactory(() => new RecordingProtocol());
  const tls = { authorities: TEST_AUTHORITY, serverName: "localhost" };
  const connecting = reactor.connectTCP({ host: "127.0.0.1", port: listener.port, tls }, factory);
  const outcome = connecting.catch((error: unknown) => error);
  const peer = await listener.accept();
  await peer.receives(1);
  await reactor.stop();
  await running;
  expect(await outcome).toBeInstanceOf(ConnectingCancelledError);
  expect(factory.events).toEqual(["admit", "dismiss", "stop"]);
  await peer.ended();
  expect(openDescriptors()).toBeLessThanOrEqual(before);
});
