import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { TCPServerEndpoint } from "../../src/endpoints/tcp-endpoints.ts";
import { wrapServerProxyProtocol } from "../../src/endpoints/wrap-server-proxy-protocol.ts";
import { wrapServerTLS } from "../../src/endpoints/wrap-server-tls.ts";
import { Discard } from "../../src/protocols/discard.ts";
import type { InternetAddress } from "../../src/reactor/address.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { LOCALHOST } from "../fixtures/tls-fixtures.ts";
import { RawPeer } from "../raw-peer.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

/** Asks for TLS as soon as it has the connection. */
class Securing extends RecordingProtocol {
  override connectionMade(): void {
    super.connectionMade();
    this.connection.startTLS({ side: "server", ...LOCALHOST }).catch(() => undefined);
  }
}

/** Hands all that it receives to another protocol. */
class HandingOver extends Protocol {
  readonly #next: Protocol;

  constructor(next: Protocol) {
    super();
    this.#next = next;
  }

  override dataReceived(data: Buffer): void {
    this.transport.switchProtocol(this.#next, data);
  }
}

describe("clear text behind what was read before TLS", () => {
  test("switchProtocol: a leftover ends the connection where the next one starts TLS", async () => {
    const reactor = new BunReactor({ logger: new MemoryLogger() });
    const next = new Securing();
    await using port = await reactor.listenTCP({}, new Factory(() => new HandingOver(next)));
    using peer = await RawPeer.connect({ port: port.host.port });
    await peer.send("hello");
    const detail = "5 bytes that came in clear were not read";
    const { cause } = (await next.lost()) as { cause?: Error };
    expect(cause?.message).toContain(detail);
    expect(next.events).not.toContain("dataReceived");
  });

  test("wrapServerTLS: what comes in clear together with a PROXY header ends it", async () => {
    const reactor = new BunReactor({ logger: new MemoryLogger() });
    const proxied = wrapServerProxyProtocol(new TCPServerEndpoint(reactor, {}), { clock: reactor });
    const port = await wrapServerTLS(proxied, LOCALHOST).listen(Factory.forProtocol(Discard));
    using peer = await RawPeer.connect({ port: (port.host as InternetAddress).port });
    await peer.send("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\nhello");
    await peer.ended();
    await port.drain({ timeoutMs: 0 });
    expect(port.connections.size).toBe(0);
  });
});
