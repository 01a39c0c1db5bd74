/**
 * Whoever can write into a connection while it is in clear can put commands behind the request for
 * TLS. They must not count as said inside of it.
 */
import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { withTimeout } from "../../src/policies/with-timeout.ts";
import { LineReceiver } from "../../src/protocols/line-receiver.ts";
import { StreamProtocol } from "../../src/protocols/stream-protocol.ts";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { type StartTLSOptions, TLSError } from "../../src/reactor/tls.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { LOCALHOST } from "../fixtures/tls-fixtures.ts";
import { RawPeer } from "../raw-peer.ts";

const AS_SERVER: StartTLSOptions = { side: "server", ...LOCALHOST };

const INJECTED = "DELETE ALL\r\n";

const REFUSED = new TLSError("cannot start TLS: 12 bytes that came in clear were not read", {
  code: "ERR_TLS_UNREAD_CLEAR_TEXT",
});

/** Answers a request for TLS, and notes what it is told besides. */
class Upgrading extends LineReceiver {
  readonly lines: string[] = [];
  readonly lost = Promise.withResolvers<CloseReason>();
  readonly upgraded = Promise.withResolvers<unknown>();
  readonly #drops: boolean;

  constructor(options: { readonly drops: boolean }) {
    super();
    this.#drops = options.drops;
  }

  override lineReceived(line: Buffer): void {
    this.lines.push(line.toString());
    if (this.#drops) this.clearLineBuffer();
    this.sendLine("go ahead");
    this.transport.startTLS(AS_SERVER).then(this.upgraded.resolve, this.upgraded.resolve);
  }

  override connectionLost(reason: CloseReason): void {
    this.lost.resolve(reason);
  }
}

/** Asks for TLS before it reads what the protocol before it left. */
class PausedUpgrading extends Protocol {
  readonly received: string[] = [];
  readonly upgraded = Promise.withResolvers<unknown>();

  override connectionMade(): void {
    this.transport.pauseProducing();
  }

  secure(): void {
    const outcome = this.transport.startTLS(AS_SERVER);
    outcome.then(this.upgraded.resolve, this.upgraded.resolve);
    this.transport.resumeProducing();
  }

  override dataReceived(data: Buffer): void {
    this.received.push(data.toString());
  }
}

/** Asks for TLS in whatever chunk ends with the request for it. */
class Chunked extends Protocol {
  readonly received: Buffer[] = [];
  readonly upgraded = Promise.withResolvers<unknown>();
  readonly #pauses: boolean;

  /** @param options.pauses whether it pauses reading meanwhile */
  constructor(options: { readonly pauses: boolean }) {
    super();
    this.#pauses = options.pauses;
  }

  override dataReceived(data: Buffer): void {
    this.received.push(data);
    if (!data.toString().endsWith("STARTTLS\r\n")) return;
    if (this.#pauses) this.transport.pauseProducing();
    const outcome = this.transport.startTLS(AS_SERVER);
    outcome.then(this.upgraded.resolve, this.upgraded.resolve);
  }
}

class Switching extends LineReceiver {
  readonly #next: PausedUpgrading;

  constructor(next: PausedUpgrading) {
    super();
    this.#next = next;
  }

  override lineReceived(): void {
    this.transport.switchProtocol(this.#next, this.clearLineBuffer());
    this.#next.secure();
  }
}

/** Sends `data` to `server` in one piece. */
async function sentTo(server: Protocol, data: string, logger = new MemoryLogger()) {
  const reactor = new BunReactor({ logger });
  await using port = await reactor.listenTCP({}, new Factory(() => server));
  const peer = await RawPeer.connect({ port: port.host.port });
  await peer.send(data);
  return peer;
}

describe("startTLS", () => {
  test("what a receiver keeps of the clear text ends the connection, with that as the cause", async () => {
    const server = new Upgrading({ drops: false });
    const logger = new MemoryLogger();
    using _peer = await sentTo(server, `STARTTLS\r\n${INJECTED}`, logger);
    expect(await server.lost.promise).toEqual({ kind: "lost", cause: REFUSED });
    expect(await server.upgraded.promise).toEqual(REFUSED);
    expect(server.lines).toEqual(["STARTTLS"]);
    expect(logger.reports).toEqual([
      { level: "warn", message: expect.stringContaining(REFUSED.message), error: undefined },
    ]);
  });

  test("a receiver that dropped it goes on with the handshake", async () => {
    const server = new Upgrading({ drops: true });
    using peer = await sentTo(server, `STARTTLS\r\n${INJECTED}`);
    await peer.receives("go ahead\r\n".length);
    await peer.send("not a handshake");
    expect(await server.upgraded.promise).toMatchObject({ code: "EPROTO" });
    expect(server.lines).toEqual(["STARTTLS"]);
  });

  test("what nobody has read of a stream ends the connection too", async () => {
    const upgraded = Promise.withResolvers<unknown>();
    const server = new StreamProtocol(async (stream) => {
      await stream.readLine();
      const outcome = stream.connection.startTLS(AS_SERVER);
      await outcome.then(upgraded.resolve, upgraded.resolve);
    });
    using _peer = await sentTo(server, `STARTTLS\r\n${INJECTED}`);
    expect(await upgraded.promise).toEqual(REFUSED);
    expect(await server.closed).toEqual({ kind: "lost", cause: REFUSED });
  });

  for (const pauses of [false, true]) {
    test(`so does the rest of one read that came in pieces${pauses ? ", to one who pauses" : ""}`, async () => {
      const server = new Chunked({ pauses });
      const commands = "NOOP\r\n".repeat(10_921);
      const request = `${commands}STARTTLS\r\n`;
      expect(request.length).toBe(65_536);
      using _peer = await sentTo(server, request + INJECTED);
      expect(await server.upgraded.promise).toEqual(REFUSED);
      expect(Buffer.concat(server.received).toString()).toBe(request);
    });
  }

  test("so does what switchProtocol left for a protocol that has paused", async () => {
    const next = new PausedUpgrading();
    using _peer = await sentTo(new Switching(next), `STARTTLS\r\n${INJECTED}`);
    expect(await next.upgraded.promise).toEqual(REFUSED);
    expect(next.received).toEqual([]);
  });

  test("behind a policy as well", async () => {
    const next = new PausedUpgrading();
    const reactor = new BunReactor({ logger: new MemoryLogger() });
    const factory = withTimeout(new Factory(() => new Switching(next)), { clock: reactor });
    await using port = await reactor.listenTCP({}, factory);
    using peer = await RawPeer.connect({ port: port.host.port });
    await peer.send(`STARTTLS\r\n${INJECTED}`);
    expect(await next.upgraded.promise).toEqual(REFUSED);
    expect(next.received).toEqual([]);
  });
});
