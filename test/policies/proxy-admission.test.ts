import { describe, expect, test } from "bun:test";
import { withProxyProtocol } from "../../src/policies/with-proxy-protocol.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { AdmittingFactory } from "../admitting-factory.ts";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import { settle } from "../transport/scripted-network.ts";

const HEADER = "PROXY TCP4 1.2.3.4 5.6.7.8 80 90\r\n";

/** A server behind a proxy, which can be seen to admit and dismiss, and a proxy that connects. */
async function proxied(
  policy: {
    readonly required?: boolean;
    readonly untrusted?: "plain";
    readonly trusted?: readonly string[];
  } = {},
  server: Protocol | null = new RecordingProtocol(),
  actions: { readonly admit?: () => boolean } = {},
) {
  const reactor = new MemoryReactor({ logger: new MemoryLogger() });
  const clients = new AdmittingFactory<Protocol>(() => server, actions);
  const factory = withProxyProtocol(clients, { clock: reactor, timeoutMs: 500, ...policy });
  const port = await reactor.listenTCP({ port: 7 }, factory);
  // It does not close because the server does.
  const proxy = new RecordingProtocol({ readConnectionLost: noAction });
  await reactor.connectTCP({ host: "127.0.0.1", port: 7 }, new Factory(() => proxy));
  reactor.flush();
  const admitted = () => [...clients.there].map(String);
  return { reactor, port, proxy, clients, admitted };
}

describe("withProxyProtocol: admission", () => {
  test("the client is admitted once its header has come, and dismissed when it has left", async () => {
    const { reactor, proxy, clients, admitted } = await proxied();
    expect(clients.events).toEqual([]);
    proxy.connection.write(HEADER);
    reactor.flush();
    expect(admitted()).toEqual(["tcp 1.2.3.4:80"]);
    proxy.connection.abortConnection();
    await settle();
    reactor.flush();
    expect(clients.events).toEqual(["admit", "build", "dismiss"]);
  });

  test("a client that is not admitted is closed, and has nothing to be dismissed from", async () => {
    const { reactor, proxy, clients } = await proxied({}, null, { admit: () => false });
    proxy.connection.write(HEADER);
    reactor.flush();
    expect(proxy.events).toContain("readConnectionLost");
    expect(clients.events).toEqual(["admit"]);
  });

  test("a client that gets no protocol is dismissed at once", async () => {
    const { reactor, proxy, clients } = await proxied({}, null);
    proxy.connection.pauseProducing();
    proxy.connection.write(HEADER);
    reactor.flush();
    expect(clients.events).toEqual(["admit", "build", "dismiss"]);
  });

  test("a proxy that sends no header has nothing to be dismissed from", async () => {
    const { reactor, clients, proxy } = await proxied();
    reactor.advance(500);
    expect(proxy.events).toContain("connectionLost");
    expect(clients.events).toEqual([]);
  });

  test("who needs no header is admitted as who he is", async () => {
    const { reactor, proxy, clients, admitted } = await proxied({ required: false });
    proxy.connection.write("hello");
    reactor.flush();
    expect(admitted()).toEqual([proxy.connection.getHost().toString()]);
    proxy.connection.abortConnection();
    await settle();
    reactor.flush();
    expect(clients.events).toEqual(["admit", "build", "dismiss"]);
  });

  test("who is no proxy and served plainly is admitted at once, as who he is", async () => {
    const policy = { trusted: ["10.0.0.1"], untrusted: "plain" } as const;
    const { reactor, proxy, clients, admitted } = await proxied(policy);
    expect(admitted()).toEqual([proxy.connection.getHost().toString()]);
    proxy.connection.abortConnection();
    await settle();
    reactor.flush();
    expect(clients.events).toEqual(["admit", "build", "dismiss"]);
  });

  test("who is no proxy is refused before anything is made", async () => {
    const { port, clients } = await proxied({ trusted: ["10.0.0.1"] });
    expect(port.stats).toEqual({ accepted: 0, refused: 1, failedHandshakes: 0 });
    expect(clients.events).toEqual([]);
  });

  test("who is silent is not served when the time is over and the port closes him already", async () => {
    const server = new RecordingProtocol();
    const { reactor, port, clients } = await proxied({ required: false }, server);
    // As the reactor does when it stops.
    for (const connection of port.connections) connection.loseConnection();
    await settle();
    reactor.advance(500);
    expect(port.connections.size).toBe(1);
    expect(clients.events).toEqual([]);
    expect(server.events).toEqual([]);
  });
});
