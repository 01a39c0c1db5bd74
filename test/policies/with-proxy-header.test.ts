import { describe, expect, test } from "bun:test";
import { PROXY_TLV_TYPES } from "../../src/policies/proxy-header.ts";
import { proxyInfoOf } from "../../src/policies/proxy-info.ts";
import { type ProxyHeaderOptions, withProxyHeader } from "../../src/policies/with-proxy-header.ts";
import { withProxyProtocol } from "../../src/policies/with-proxy-protocol.ts";
import { InternetAddress } from "../../src/reactor/address.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { ECHO, PolicedServer } from "./policed-server.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

const CLIENT = new InternetAddress("tcp", "192.0.2.1", 1024);
const SERVICE = new InternetAddress("tcp", "198.51.100.2", 443);

/** Connects a client that says hello, with a header in front, through to the server. */
async function connect(policed: PolicedServer, options: ProxyHeaderOptions) {
  await policed.connect();
  const client = new RecordingProtocol({ connectionMade: (me) => me.connection.write("hello") });
  const factory = withProxyHeader(new Factory(() => client), options);
  const connected = await policed.reactor.connectTCP({ host: "127.0.0.1", port: 7 }, factory);
  expect(connected).toBe(client);
  policed.reactor.flush();
  return client;
}

function proxied(): PolicedServer {
  return new PolicedServer((factory, clock) => withProxyProtocol(factory, { clock }), ECHO);
}

describe("withProxyHeader", () => {
  test("version 1: the header leaves before what the client writes", async () => {
    const policed = new PolicedServer((factory) => factory);
    await connect(policed, { version: 1, source: CLIENT, destination: SERVICE });
    const received = policed.servers[1]?.received.toString();
    expect(received).toBe("PROXY TCP4 192.0.2.1 198.51.100.2 1024 443\r\nhello");
  });

  test("the ends of the connection are named unless others are given", async () => {
    for (const version of [1, 2] as const) {
      const policed = proxied();
      const client = await connect(policed, { version });
      expect(policed.server.connection.getPeer()).toEqual(client.connection.getHost());
      expect(policed.server.connection.getHost()).toEqual(client.connection.getPeer());
      expect(client.received.toString()).toBe("hello");
    }
  });

  test("version 2: addresses, TLVs and a checksum arrive", async () => {
    const policed = proxied();
    const tlvs = [
      { type: PROXY_TLV_TYPES.alpn, value: Buffer.from("h2") },
      { type: PROXY_TLV_TYPES.crc32c, value: Buffer.alloc(0) },
    ];
    await connect(policed, { version: 2, source: CLIENT, destination: SERVICE, tlvs });
    const info = proxyInfoOf(policed.server.connection);
    expect(info?.source).toEqual(CLIENT);
    expect(info?.tlvs.map(({ type, value }) => [type, value.length])).toEqual([
      [PROXY_TLV_TYPES.alpn, 2],
      [PROXY_TLV_TYPES.crc32c, 4],
    ]);
    expect(policed.server.received.toString()).toBe("hello");
  });

  test("null names nobody", async () => {
    for (const version of [1, 2] as const) {
      const policed = proxied();
      const client = await connect(policed, { version, source: null, destination: null });
      expect(proxyInfoOf(policed.server.connection)?.source).toBeNull();
      expect(policed.server.connection.getPeer()).toEqual(client.connection.getHost());
    }
  });

  test("a version that is unknown is refused where it is given", () => {
    const factory = new Factory(() => new RecordingProtocol());
    expect(() => withProxyHeader(factory, { version: 3 as 2 })).toThrow("version 3 is unknown");
  });

  test("a header that cannot be encoded ends the connection, which is made and lost", async () => {
    const policed = new PolicedServer((factory) => factory, {}, { logger: new MemoryLogger() });
    const client = await connect(policed, { version: 1, source: null });
    expect(client.events).toEqual(["connectionMade", "connectionLost"]);
    expect(client.reason).toEqual({ kind: "lost", cause: expect.any(InvalidAddressError) });
    expect(policed.servers[1]?.receivedBytes).toBe(0);
  });
});
