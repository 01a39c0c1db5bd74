import { describe, expect, test } from "bun:test";
import { PROXY_TLV_TYPES } from "../../src/policies/proxy-header.ts";
import { ProxyHeaderTimeout } from "../../src/policies/proxy-header-error.ts";
import { encodeProxyV2 } from "../../src/policies/proxy-header-v2.ts";
import { proxyInfoOf } from "../../src/policies/proxy-info.ts";
import {
  type ProxyProtocolPolicy,
  withProxyProtocol,
} from "../../src/policies/with-proxy-protocol.ts";
import { withAccess } from "../../src/policies/with-access.ts";
import { withLimits } from "../../src/policies/with-limits.ts";
import { withTimeout } from "../../src/policies/with-timeout.ts";
import { withTrafficLog } from "../../src/policies/with-traffic-log.ts";
import { type Address, InternetAddress } from "../../src/reactor/address.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { TLSInfo } from "../../src/reactor/tls.ts";
import { chunkings } from "../../src/testing/chunkings.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import { ECHO, PolicedServer } from "./policed-server.ts";

const LINE = "PROXY TCP4 1.2.3.4 5.6.7.8 80 90\r\n";
const CLIENT = new InternetAddress("tcp", "1.2.3.4", 80);
const SERVER = new InternetAddress("tcp", "5.6.7.8", 90);

const TLS_INFO: TLSInfo = {
  version: "TLSv1.3",
  cipher: "TLS_AES_128_GCM_SHA256",
  alpnProtocol: null,
  serverName: null,
  authorized: false,
  peerCertificate: null,
};

function server(policy: Omit<ProxyProtocolPolicy, "clock"> = {}, actions = {}): PolicedServer {
  return new PolicedServer(
    (factory, clock) => withProxyProtocol(factory, { clock, ...policy }),
    actions,
    { logger: new MemoryLogger() },
  );
}

function sayHello({ connection }: RecordingProtocol): void {
  connection.write("hello");
}

describe("withProxyProtocol", () => {
  test("connectionMade only after the header, and getPeer/getHost are the client's", async () => {
    const policed = server();
    const proxy = await policed.connect();
    proxy.connection.write(LINE.slice(0, -1));
    policed.reactor.flush();
    expect(policed.servers).toHaveLength(0);
    proxy.connection.write("\nhello");
    policed.reactor.flush();
    expect(policed.server.events).toEqual(["connectionMade", "dataReceived"]);
    expect(policed.server.received.toString()).toBe("hello");
    expect(policed.server.connection.getPeer()).toEqual(CLIENT);
    expect(policed.server.connection.getHost()).toEqual(SERVER);
  });

  test("the inner factory is asked with the client's address, and can see the header", async () => {
    const asked: (string | undefined)[] = [];
    const inner = new Factory((peer) => {
      asked.push(peer.toString(), proxyInfoOf(peer)?.destination?.toString());
      return null;
    });
    const policed = new PolicedServer((_, clock) => withProxyProtocol(inner, { clock }));
    const proxy = await policed.connect();
    proxy.connection.write(LINE);
    policed.reactor.flush();
    expect(asked).toEqual(["tcp 1.2.3.4:80", "tcp 5.6.7.8:90"]);
  });

  test("an inner factory that refuses the client closes the connection", async () => {
    const refusing = new Factory(() => null);
    const policed = new PolicedServer((_, clock) => withProxyProtocol(refusing, { clock }));
    const proxy = await policed.connect();
    proxy.connection.write(LINE);
    policed.reactor.flush();
    expect(proxy.reason?.kind).toBe("done");
  });

  test("policies around it see the proxy, policies inside of it the client", async () => {
    const policed = new PolicedServer((factory, clock) => {
      const inside = withAccess(factory, { allow: ["1.2.3.4"] });
      return withLimits(withProxyProtocol(inside, { clock }), { maxPerPeer: 1 });
    });
    const proxy = await policed.connect();
    const second = await policed.connect();
    expect(second.reason).not.toBeNull();
    proxy.connection.write(`${LINE}hi`);
    policed.reactor.flush();
    expect(policed.server.received.toString()).toBe("hi");
  });

  test("a TLS handshake around the header is told before the data behind it", () => {
    const events: string[] = [];
    class Secured extends Protocol {
      override connectionMade(): void {
        events.push("connectionMade");
      }
      override handshakeCompleted(info: TLSInfo): void {
        events.push(info.version);
      }
      override dataReceived(data: Buffer): void {
        events.push(data.toString());
      }
    }
    const factory = withProxyProtocol(Factory.forProtocol(Secured), { clock: new ManualClock() });
    const gate = factory.buildStack(CLIENT)?.outermost;
    gate?.makeConnection(new MemoryTransport());
    gate?.handshakeCompleted?.(TLS_INFO);
    gate?.dataReceived(Buffer.from(`${LINE}hi`));
    expect(events).toEqual(["connectionMade", "TLSv1.3", "hi"]);
  });

  test("proxyInfoOf gives the TLVs, through policies in between", async () => {
    const policed = new PolicedServer((factory, clock) =>
      withProxyProtocol(withTimeout(factory, { clock, idleMs: 1000 }), { clock }),
    );
    const proxy = await policed.connect();
    const tlvs = [{ type: PROXY_TLV_TYPES.authority, value: Buffer.from("example.org") }];
    proxy.connection.write(encodeProxyV2({ source: CLIENT, destination: SERVER, tlvs }));
    policed.reactor.flush();
    const header = { version: 2, source: CLIENT, destination: SERVER, tlvs } as const;
    expect(proxyInfoOf(policed.server.connection)).toEqual(header);
  });

  test("a proxy that names nobody leaves the addresses as they are", async () => {
    const policed = server();
    const proxy = await policed.connect();
    proxy.connection.write("PROXY UNKNOWN\r\n");
    policed.reactor.flush();
    expect(policed.server.connection.getPeer()).toEqual(proxy.connection.getHost());
    expect(policed.server.connection.getHost()).toEqual(proxy.connection.getPeer());
    expect(proxyInfoOf(policed.server.connection)?.source).toBeNull();
  });

  test("proxyInfoOf a connection without a header is null", async () => {
    const policed = new PolicedServer((factory) => factory);
    await policed.connect();
    expect(proxyInfoOf(policed.server.connection)).toBeNull();
  });

  test("a header that does not come in time closes the connection", async () => {
    const refused: unknown[] = [];
    const policed = server({ timeoutMs: 3000, headerRefused: (error) => refused.push(error) });
    const proxy = await policed.connect();
    proxy.connection.write("PROXY ");
    policed.reactor.advance(2999);
    expect(proxy.reason).toBeNull();
    policed.reactor.advance(1);
    expect(proxy.reason?.kind).toBe("lost");
    expect(refused).toEqual([expect.any(ProxyHeaderTimeout)]);
    expect(policed.servers).toHaveLength(0);
  });

  test("once the header is there the time is not limited, and no timer is left", async () => {
    const policed = server({ timeoutMs: 3000 });
    const proxy = await policed.connect();
    proxy.connection.write(LINE);
    policed.reactor.flush();
    expect(policed.reactor.clock.pending).toBe(0);
    policed.reactor.advance(3000);
    expect(policed.server.reason).toBeNull();
  });

  test("a proxy that leaves before the header leaves no timer behind", async () => {
    const policed = server();
    const proxy = await policed.connect();
    proxy.connection.abortConnection();
    policed.reactor.flush();
    expect(policed.reactor.clock.pending).toBe(0);
    expect(policed.servers).toHaveLength(0);
  });

  test("a bad header is the cause of the end, for the policies around", async () => {
    const lines: string[] = [];
    const sink = (line: string) => lines.push(line);
    const policed = new PolicedServer(
      (factory, clock) => withTrafficLog(withProxyProtocol(factory, { clock }), { sink }),
      {},
      { logger: new MemoryLogger() },
    );
    const proxy = await policed.connect();
    proxy.connection.write("GET / HTTP/1.0\r\n");
    policed.reactor.flush();
    expect(lines.at(-1)).toEndWith("lost: Connection does not begin with a PROXY header");
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("without a header, where none is required, all that came goes to the protocol", async () => {
    for (const chunks of chunkings("PROVIDE / HTTP/1.0\r\n\r\n")) {
      const policed = server({ required: false });
      const client = await policed.connect();
      for (const chunk of chunks) {
        client.connection.write(chunk);
        policed.reactor.flush();
      }
      expect(policed.server.received.toString()).toBe("PROVIDE / HTTP/1.0\r\n\r\n");
      expect(policed.server.connection.getPeer()).toEqual(client.connection.getHost());
      expect(proxyInfoOf(policed.server.connection)).toBeNull();
      expect(policed.reactor.clock.pending).toBe(0);
    }
  });

  test("a silent client, where no header is required, is served when the time is over", async () => {
    const policed = server({ required: false, timeoutMs: 100 });
    await policed.connect();
    policed.reactor.advance(99);
    expect(policed.servers).toHaveLength(0);
    policed.reactor.advance(1);
    expect(policed.server.events).toEqual(["connectionMade"]);
  });

  test("a client that finishes without sending, where no header is required, is served", async () => {
    for (const actions of [{}, { readConnectionLost: noAction }]) {
      const policed = server({ required: false }, { ...actions, connectionMade: sayHello });
      const client = await policed.connect(undefined, { readConnectionLost: noAction });
      client.connection.loseWriteConnection();
      policed.reactor.flush();
      expect(client.received.toString()).toBe("hello");
      const isAware = "readConnectionLost" in actions;
      expect(policed.server.events.includes("readConnectionLost")).toBe(isAware);
      expect(policed.server.reason === null).toBe(isAware);
      client.connection.abortConnection();
      policed.reactor.flush();
    }
  });

  test("a client that finishes without a header that is required is not served", async () => {
    for (const [required, start] of [
      [true, ""],
      [false, "PROX"],
    ] as const) {
      const policed = server({ required });
      const client = await policed.connect();
      client.connection.write(start);
      client.connection.loseWriteConnection();
      policed.reactor.flush();
      expect(client.reason?.kind).toBe("done");
      expect(policed.servers).toHaveLength(0);
      expect(policed.reactor.clock.pending).toBe(0);
    }
  });

  test("an inner factory that fails for a silent client ends the connection", async () => {
    const fault = new Error("a fault of the factory");
    const failing = new Factory(() => {
      throw fault;
    });
    const logger = new MemoryLogger();
    const policed = new PolicedServer(
      (_, clock) => withProxyProtocol(failing, { clock, required: false, timeoutMs: 100 }),
      {},
      { logger },
    );
    const client = await policed.connect();
    policed.reactor.advance(100);
    expect(client.reason?.kind).toBe("lost");
    expect(logger.errors).toEqual([fault]);
  });

  test("a header that is begun must be right, also where none is required", async () => {
    const policed = server({ required: false, timeoutMs: 100 });
    const proxies = [await policed.connect(), await policed.connect()];
    proxies[0]?.connection.write("PROXY TCP5 1.2.3.4 5.6.7.8 80 90\r\n");
    proxies[1]?.connection.write("PROX");
    policed.reactor.advance(100);
    expect(proxies.map((proxy) => proxy.reason?.kind)).toEqual(["lost", "lost"]);
    expect(policed.servers).toHaveLength(0);
  });

  test("the addresses of a line are given in their usual form", async () => {
    const policed = server();
    const proxy = await policed.connect();
    proxy.connection.write("PROXY TCP6 0:0:0:0:0:FFFF:102:304 2001:DB8::0001 80 90\r\n");
    policed.reactor.flush();
    expect(`${policed.server.connection.getPeer()}`).toBe("tcp [::ffff:1.2.3.4]:80");
    expect(`${policed.server.connection.getHost()}`).toBe("tcp [2001:db8::1]:90");
  });

  test("headerRefused is told what is wrong, and by whom", async () => {
    const refused: string[] = [];
    const headerRefused = (error: Error, peer: Address) =>
      refused.push(`${error.name} ${"host" in peer && peer.host}`);
    const policed = server({ headerRefused });
    const proxy = await policed.connect();
    proxy.connection.write("PROXY TCP5 1.2.3.4 5.6.7.8 80 90\r\n");
    policed.reactor.flush();
    expect(refused).toEqual(["InvalidNetworkProtocol 127.0.0.1"]);
  });

  test("who is not trusted is refused at once", async () => {
    const policed = server({ trusted: ["127.0.0.2", "10.0.0.0/8"] });
    const proxy = await policed.connect("127.0.0.3");
    expect(proxy.reason).not.toBeNull();
    const trusted = await policed.connect("127.0.0.2");
    trusted.connection.write(LINE);
    policed.reactor.flush();
    expect(policed.server.connection.getPeer()).toEqual(CLIENT);
  });

  test("who is not trusted is served without a header where that is told", async () => {
    const policed = server({ trusted: ["127.0.0.2"], untrusted: "plain" });
    const proxy = await policed.connect("127.0.0.3");
    proxy.connection.write(LINE);
    policed.reactor.flush();
    expect(policed.server.received.toString()).toBe(LINE);
    expect(policed.server.connection.getPeer()).toEqual(proxy.connection.getHost());
  });

  test("header, data and end of stream in one go are answered", async () => {
    const policed = server({}, ECHO);
    const proxy = await policed.connect(undefined, { readConnectionLost: noAction });
    proxy.connection.write(`${LINE}hi`);
    proxy.connection.loseWriteConnection();
    policed.reactor.flush();
    expect(proxy.received.toString()).toBe("hi");
  });

  test("a protocol that closes in connectionMade gets no data", async () => {
    const close = (me: RecordingProtocol) => me.connection.loseConnection();
    const policed = server({}, { connectionMade: close });
    const proxy = await policed.connect();
    proxy.connection.write(`${LINE}hi`);
    policed.reactor.flush();
    expect(policed.server.events).toEqual(["connectionMade", "connectionLost"]);
  });

  test("start and stop of the inner factory are passed on", () => {
    const calls: string[] = [];
    class Counting extends Factory {
      override startFactory(): void {
        calls.push("start");
      }
      override stopFactory(): void {
        calls.push("stop");
      }
    }
    const factory = withProxyProtocol(new Counting(), { clock: new ManualClock() });
    factory.doStart();
    factory.doStop();
    expect(calls).toEqual(["start", "stop"]);
  });

  test("a policy that makes no sense is refused", () => {
    const clock = new ManualClock();
    const make = (policy: Omit<ProxyProtocolPolicy, "clock">) => () =>
      withProxyProtocol(new Factory(), { clock, ...policy });
    expect(make({ timeoutMs: -1 })).toThrow(RangeError);
    expect(make({ timeoutMs: Number.NaN })).toThrow(RangeError);
    expect(make({ trusted: ["proxy.example"] })).toThrow(InvalidAddressError);
  });
});
