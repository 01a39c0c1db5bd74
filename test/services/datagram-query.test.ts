import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { EchoDatagrams } from "../../src/protocols/echo.ts";
import { InternetAddress } from "../../src/reactor/address.ts";
import { DNSLookupError } from "../../src/reactor/connect-error.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import { queryDatagram } from "../../src/services/datagram-query.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";

const WHERE = { host: "127.0.0.1", port: 7 };
const REQUEST = Buffer.from("hello");

/** Does not answer. */
class Silent extends DatagramProtocol {}

describe("queryDatagram", () => {
  test("resolves with the first datagram that comes back", async () => {
    const reactor = new MemoryReactor();
    await reactor.listenUDP(WHERE, new EchoDatagrams());
    const query = { ...WHERE, request: REQUEST, timeoutMs: 5_000 };
    expect(await queryDatagram(reactor, query, () => 1_000)).toEqual({
      peer: new InternetAddress("udp", "127.0.0.1", 7),
      bytes: REQUEST,
      durationMs: 0,
      receivedAtUnixMs: 1_000,
    });
  });

  test("asks over IPv6, too", async () => {
    const reactor = new MemoryReactor();
    await reactor.listenUDP({ host: "::1", port: 7 }, new EchoDatagrams());
    const query = { host: "::1", port: 7, request: new Uint8Array(0), timeoutMs: 5_000 };
    expect((await queryDatagram(reactor, query)).bytes.length).toBe(0);
  });

  test("a service that does not answer in time is named", async () => {
    const reactor = new MemoryReactor();
    const port = await reactor.listenUDP(WHERE, new Silent());
    const asked = queryDatagram(reactor, { ...WHERE, request: REQUEST, timeoutMs: 5_000 });
    while (port.stats.received === 0) await Promise.resolve().then(() => reactor.flush());
    reactor.advance(5_000);
    await expect(asked).rejects.toThrow("udp 127.0.0.1:7 did not answer within 5000 ms");
  });

  test("a port that nobody has is told at once", async () => {
    const peer = await RawDatagramPeer.open();
    const { port } = peer;
    peer[Symbol.dispose]();
    const query = { host: "127.0.0.1", port, request: REQUEST, timeoutMs: 5_000 };
    await expect(queryDatagram(new BunReactor(), query)).rejects.toThrow(
      `udp 127.0.0.1:${port} refused the datagram: nothing listens there`,
    );
  });

  test("a name that nobody can have is a DNSLookupError", async () => {
    // Longer than a label may be, so that no name server is asked.
    const host = `${"x".repeat(64)}.invalid`;
    const query = { host, port: 7, request: REQUEST, timeoutMs: 5_000 };
    await expect(queryDatagram(new MemoryReactor(), query)).rejects.toBeInstanceOf(DNSLookupError);
  });
});
