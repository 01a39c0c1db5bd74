import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { serverFromString } from "../../src/endpoints/server-from-string.ts";
import { TCPServerEndpoint } from "../../src/endpoints/tcp-endpoints.ts";
import { wrapServerProxyProtocol } from "../../src/endpoints/wrap-server-proxy-protocol.ts";
import type { InternetAddress } from "../../src/reactor/address.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { RawPeer } from "../raw-peer.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

const HEADER = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n";

/** Answers what it gets with the address that it believes its peer to have. */
function answering(): Factory<RecordingProtocol> {
  return new Factory(
    () =>
      new RecordingProtocol({
        dataReceived: (me, data) => me.connection.write(`${me.connection.getPeer()} ${data}`),
      }),
  );
}

describe("haproxy:", () => {
  test("the client that the header names is the peer, whatever comes with the header", async () => {
    const reactor = new BunReactor();
    const endpoint = serverFromString(reactor, "haproxy:tcp:0:interface=127.0.0.1");
    await using port = await endpoint.listen(answering());
    using peer = await RawPeer.connect({
      hostname: "127.0.0.1",
      port: (port.host as InternetAddress).port,
    });
    await peer.send(`${HEADER}hello`);
    expect((await peer.receives(24)).toString()).toBe("tcp 203.0.113.7:4711 hello");
  });

  test("a connection without a header is closed, and has no protocol", async () => {
    let built = 0;
    const factory = new Factory(() => {
      built++;
      return new RecordingProtocol();
    });
    const reactor = new MemoryReactor({ logger: new MemoryLogger() });
    const endpoint = serverFromString(reactor, "haproxy:tcp:80");
    await endpoint.listen(factory);
    const client = new RecordingProtocol();
    await reactor.connectTCP({ host: "127.0.0.1", port: 80 }, new Factory(() => client));
    client.connection.write("GET / HTTP/1.1\r\n\r\n");
    await client.lost();
    expect(built).toBe(0);
  });

  test("a header that does not come ends the connection, by the reactor's clock", async () => {
    const reactor = new MemoryReactor({ logger: new MemoryLogger() });
    await serverFromString(reactor, "haproxy:tcp:80").listen(answering());
    const client = new RecordingProtocol();
    await reactor.connectTCP({ host: "127.0.0.1", port: 80 }, new Factory(() => client));
    reactor.advance(4_999);
    expect(client.reason).toBeNull();
    reactor.advance(1);
    expect(client.reason).not.toBeNull();
  });
});

describe("wrapServerProxyProtocol", () => {
  test("a policy that cannot be rejects listen", async () => {
    const reactor = new MemoryReactor({ logger: new MemoryLogger() });
    const policy = { clock: reactor, trusted: ["nobody"] };
    const endpoint = wrapServerProxyProtocol(new TCPServerEndpoint(reactor), policy);
    const error = await endpoint.listen(answering()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidAddressError);
  });
});
