/** What a policy keeps of the clear text must not count as said inside of TLS either. */
import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { ProtocolWrapper } from "../../src/policies/protocol-wrapper.ts";
import { withProxyProtocol } from "../../src/policies/with-proxy-protocol.ts";
import { withShaping } from "../../src/policies/with-shaping.ts";
import { withTimeout } from "../../src/policies/with-timeout.ts";
import { withTrafficLog } from "../../src/policies/with-traffic-log.ts";
import { WrappingFactory } from "../../src/policies/wrapping-factory.ts";
import { LineReceiver } from "../../src/protocols/line-receiver.ts";
import type { Clock } from "../../src/reactor/clock.ts";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { ConnectionCallbacks, StreamTransport } from "../../src/reactor/stream-transport.ts";
import { type StartTLSOptions, TLSError } from "../../src/reactor/tls.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { LOCALHOST, TEST_AUTHORITY } from "../fixtures/tls-fixtures.ts";
import { RawPeer } from "../raw-peer.ts";
import { noAction } from "../transport/recording-protocol.ts";
import { TLSRecorder } from "./tls-recorder.ts";

const AS_SERVER: StartTLSOptions = { side: "server", ...LOCALHOST };
const AS_CLIENT: StartTLSOptions = {
  side: "client",
  authorities: TEST_AUTHORITY,
  serverName: "localhost",
};

const REQUEST = "STARTTLS\r\n";
const INJECTED = "DELETE ALL\r\nDELETE EVERYTHING\r\n";
const HEADER = "PROXY TCP4 192.0.2.1 192.0.2.2 1000 2000\r\n";

/** A piece of this is as long as the request; what is behind it waits. */
const RATE = { bytesPerSecond: 500, burstBytes: REQUEST.length };

type Policy = (factory: Factory<Protocol>, clock: Clock) => Factory<Protocol>;

const shaped: Policy = (factory, clock) => withShaping(factory, { clock, read: RATE, write: RATE });
const timed: Policy = (factory, clock) => withTimeout(factory, { clock, idleMs: 60_000 });
const logged: Policy = (factory) => withTrafficLog(factory, { sink: noAction });
const proxied: Policy = (factory, clock) => withProxyProtocol(factory, { clock });

/** The policies from the outermost on. */
const NESTINGS: Readonly<Record<string, readonly Policy[]>> = {
  shaping: [shaped],
  "shaping around a timeout": [shaped, timed],
  "a timeout around shaping": [timed, shaped],
  "shaping around shaping": [shaped, shaped],
  "shaping around a PROXY header": [shaped, proxied],
  "a PROXY header around shaping": [proxied, shaped],
  "a PROXY header": [proxied],
  "a timeout around a PROXY header": [timed, proxied],
  "a log around shaping around a log": [logged, shaped, logged],
};

/** Answers a request for TLS with all it has to; what it has got besides it throws away. */
class Upgrading extends LineReceiver {
  readonly lines: string[] = [];
  readonly lost = Promise.withResolvers<CloseReason>();
  readonly upgraded = Promise.withResolvers<unknown>();

  override lineReceived(line: Buffer): void {
    this.lines.push(line.toString());
    if (this.transport.tlsInfo !== null) return this.sendLine(`${line} to you`) as never;
    this.clearLineBuffer();
    this.sendLine("go ahead");
    this.transport.startTLS(AS_SERVER).then(this.upgraded.resolve, this.upgraded.resolve);
  }

  override connectionLost(reason: CloseReason): void {
    this.lost.resolve(reason);
  }
}

/** Hands the connection over at the first line, to one who asks for TLS at once. */
class HandingOver extends LineReceiver {
  readonly #next: Protocol;

  constructor(next: Protocol) {
    super();
    this.#next = next;
  }

  override lineReceived(): void {
    this.transport.switchProtocol(this.#next, this.clearLineBuffer());
  }
}

/** Asks for TLS before anything else. */
class Securing extends Upgrading {
  readonly asks: () => void;

  constructor(asks: (me: Securing) => void) {
    super();
    this.asks = () => asks(this);
  }

  get connection(): StreamTransport {
    return this.transport;
  }

  override connectionMade(): void {
    this.asks();
  }

  secure(): void {
    this.transport.startTLS(AS_SERVER).then(this.upgraded.resolve, this.upgraded.resolve);
  }
}

async function listen(policies: readonly Policy[], server: () => Protocol) {
  const logger = new MemoryLogger();
  const reactor = new BunReactor({ logger });
  const innermost: Factory<Protocol> = new Factory(server);
  const factory = policies.reduceRight((inner, policy) => policy(inner, reactor), innermost);
  return { reactor, logger, port: await reactor.listenTCP({}, factory) };
}

/** What the connection ended with, where that is clear text that was not read; null otherwise. */
function refusal(reason: CloseReason): string | null {
  if (reason.kind !== "lost" || !(reason.cause instanceof TLSError)) return null;
  return reason.cause.message.replace(/\d+/, "N");
}

const REFUSED = "cannot start TLS: N bytes that came in clear were not read";

describe.each(Object.entries(NESTINGS))("startTLS behind %s", (_name, policies) => {
  const header = policies.includes(proxied) ? HEADER : "";

  test("secures a connection on which nothing else came", async () => {
    const server = new Upgrading();
    const { reactor, port } = await listen(policies, () => server);
    await using _port = port;
    const client = new TLSRecorder({
      connectionMade: (me) => me.connection.write(`${header}${REQUEST}`),
      dataReceived: (me, data) => {
        if (!data.toString().startsWith("go")) return;
        void me.connection.startTLS(AS_CLIENT);
        me.connection.write("hello\r\n");
      },
    });
    await reactor.connectTCP(
      { host: "127.0.0.1", port: port.host.port },
      new Factory(() => client),
    );
    await client.receives("go ahead\r\nhello to you\r\n".length);
    expect(client.received.toString()).toBe("go ahead\r\nhello to you\r\n");
    expect(server.lines).toEqual(["STARTTLS", "hello"]);
    client.connection.loseConnection();
    expect(await server.lost.promise).toEqual({ kind: "done" });
  });

  if (policies.includes(shaped)) {
    test("refuses what came behind the request, which the policy kept", async () => {
      const server = new Upgrading();
      const { port, logger } = await listen(policies, () => server);
      await using _port = port;
      using peer = await RawPeer.connect({ port: port.host.port });
      await peer.send(`${header}${REQUEST}${INJECTED}`);
      expect(refusal(await server.lost.promise)).toBe(REFUSED);
      expect(await server.upgraded.promise).toBeInstanceOf(TLSError);
      expect(server.lines).toEqual(["STARTTLS"]);
      expect(logger.reports).toHaveLength(1);
    });
  }

  test("refuses what was left over for whom asks for it at once", async () => {
    const server = new Securing((me) => me.secure());
    const { port } = await listen(policies, () => new HandingOver(server));
    await using _port = port;
    using peer = await RawPeer.connect({ port: port.host.port });
    await peer.send(`${header}${REQUEST}${INJECTED}`);
    expect(refusal(await server.lost.promise)).toBe(REFUSED);
    expect(await server.upgraded.promise).toBeInstanceOf(TLSError);
    expect(server.lines).toEqual([]);
  });

  test("refuses what is left over after it", async () => {
    const next = new Upgrading();
    const server = new Securing((me) => {
      me.secure();
      me.connection.switchProtocol(next, Buffer.from(INJECTED));
    });
    const { port } = await listen(policies, () => new HandingOver(server));
    await using _port = port;
    using peer = await RawPeer.connect({ port: port.host.port });
    await peer.send(`${header}${REQUEST}`);
    expect(refusal(await server.lost.promise)).toBe(REFUSED);
    expect(await server.upgraded.promise).toBeInstanceOf(TLSError);
    expect(next.lines).toEqual([]);
  });
});

describe("startTLS behind shaping that is slower than a handshake", () => {
  const slow: Policy = (factory, clock) =>
    withShaping(factory, { clock, read: { bytesPerSecond: 1, burstBytes: REQUEST.length } });

  test.each([
    ["", [slow]],
    [", around a timeout", [slow, timed]],
    [", in a timeout", [timed, slow]],
  ] as const)("refuses what it kept, before there is one%s", async (_where, policies) => {
    const server = new Upgrading();
    const { reactor, port } = await listen(policies, () => server);
    await using _port = port;
    const client = new TLSRecorder({
      connectionMade: (me) => me.connection.write(REQUEST + INJECTED),
      dataReceived: (me) => void me.connection.startTLS(AS_CLIENT),
    });
    await reactor.connectTCP(
      { host: "127.0.0.1", port: port.host.port },
      new Factory(() => client),
    );
    expect(refusal(await server.lost.promise)).toBe(REFUSED);
    expect(await server.upgraded.promise).toBeInstanceOf(TLSError);
    expect(server.lines).toEqual(["STARTTLS"]);
  });
});

/** Asks for TLS as soon as something has come, without a word to the protocol. */
class AskingWrapper extends ProtocolWrapper {
  override dataReceived(data: Buffer): void {
    super.dataReceived(data);
    this.transport.startTLS(AS_SERVER).catch(noAction);
  }
}

class AskingFactory<P extends Protocol> extends WrappingFactory<P> {
  protected override wrap(inner: ConnectionCallbacks): ConnectionCallbacks {
    return new AskingWrapper(inner);
  }
}

const asking: Policy = (factory) => new AskingFactory(factory);

describe("startTLS that a policy asks for", () => {
  test("refuses what a policy within it has kept", async () => {
    const server = new Upgrading();
    const { port } = await listen([asking, shaped], () => server);
    await using _port = port;
    using peer = await RawPeer.connect({ port: port.host.port });
    await peer.send("a line that is longer than a piece, and then some\r\n".repeat(10));
    expect(refusal(await server.lost.promise)).toBe(REFUSED);
    expect(server.lines).toEqual([]);
  });
});
