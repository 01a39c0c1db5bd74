import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { libcOrNull } from "../../src/native/libc.ts";
import { setBacklog } from "../../src/native/socket-descriptor.ts";
import { ConnectError } from "../../src/reactor/connect-error.ts";
import type { ConnectTCPOptions } from "../../src/reactor/reactor.ts";
import { AdmittingFactory } from "../admitting-factory.ts";
import { LOCALHOST, TEST_AUTHORITY } from "../fixtures/tls-fixtures.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";
import { UnansweringListener } from "../unanswering-listener.ts";
import { loopTurns } from "./loop-turns.ts";

const CONNECTS = 1_000;

type Opened = (socket: Bun.Socket) => unknown;

/** What a server does with each connection as soon as it has it. */
const SERVERS: Readonly<Record<string, Opened>> = {
  "accepts and closes": (socket) => socket.close(),
  "accepts and resets": (socket) => socket.terminate(),
  "answers and closes": (socket) => {
    socket.write("good bye");
    socket.close();
  },
  "answers and finishes sending": (socket) => {
    socket.write("good bye");
    socket.shutdown();
  },
};

/** A thousand connects at once; resolves when all have come to their end, however that was. */
async function storm(options: ConnectTCPOptions, during?: (index: number) => AbortSignal) {
  const reactor = new BunReactor();
  const factory = new AdmittingFactory(() => new RecordingProtocol());
  const outcomes = await Promise.all(
    Array.from({ length: CONNECTS }, async (_, index) => {
      const signal = during?.(index);
      const each = signal === undefined ? options : { ...options, signal };
      try {
        const client = await reactor.connectTCP(each, factory);
        await client.lost();
        return client.events.join(" ");
      } catch (error) {
        if (error instanceof ConnectError) return "no connection";
        throw error;
      }
    }),
  );
  await factory.has(0);
  return { factory, outcomes };
}

/** A connect that finds the queue full is tried again only after a second. */
function lengthenQueue(fd: number): void {
  if (libcOrNull() !== null) setBacklog(fd, CONNECTS);
}

/** Resolves once no more are open than before; the server's ends of connections take a moment. */
async function descriptorsClosed(before: number): Promise<void> {
  while (openDescriptors() > before) await loopTurns();
}

/** What may be seen of a connection that was made, or not. */
const SEEN = /^(no connection|connectionMade connectionLost)$/;

/** What is seen where an answer has come in clear. */
const ANSWERED = /^connectionMade dataReceived connectionLost$/;

describe("a thousand connects at once", () => {
  for (const [what, opened] of Object.entries(SERVERS)) {
    for (const secured of [false, true]) {
      test(`to a server that ${what}${secured ? ", with TLS" : ""}: all end, and are dismissed`, async () => {
        using server = Bun.listen({
          hostname: "127.0.0.1",
          port: 0,
          socket: { open: (socket) => void opened(socket), data() {} },
        });
        lengthenQueue((server as unknown as { readonly fd: number }).fd);
        const before = openDescriptors();
        const tls = { tls: { authorities: TEST_AUTHORITY } };
        const where = { host: "127.0.0.1", port: server.port, ...(secured ? tls : {}) };
        const { factory, outcomes } = await storm(where);
        const expected = what.startsWith("answers") && !secured ? ANSWERED : SEEN;
        expect(outcomes.filter((outcome) => !expected.test(outcome))).toEqual([]);
        expect(factory.mistakes).toEqual([]);
        await descriptorsClosed(before);
      });
    }
  }

  // Without libc an attempt cannot be taken back.
  test.skipIf(libcOrNull() === null)(
    "to nobody who answers: all time out (needs libc)",
    async () => {
      using silent = new UnansweringListener();
      const before = openDescriptors();
      const where = { host: "127.0.0.1", port: silent.port, timeoutMs: 50 };
      const { factory, outcomes } = await storm(where);
      expect(new Set(outcomes)).toEqual(new Set(["no connection"]));
      expect(factory.events).toEqual(["stop"]);
      await descriptorsClosed(before);
    },
  );

  test("that are cancelled at any moment leave nothing behind", async () => {
    const reactor = new BunReactor();
    const bye = { connectionMade: (me: RecordingProtocol) => me.connection.loseConnection() };
    const servers = new AdmittingFactory(() => new RecordingProtocol(bye));
    const port = await reactor.listenTCP({ tls: LOCALHOST }, servers);
    lengthenQueue(port.fileDescriptor);
    const before = openDescriptors();
    const tls = { authorities: TEST_AUTHORITY };
    const where = { host: "127.0.0.1", port: port.host.port, tls };
    const { factory, outcomes } = await storm(where, (index) => {
      const stop = new AbortController();
      cancelAfter(index % 100, stop);
      return stop.signal;
    });
    expect(outcomes.filter((outcome) => outcome === "no connection").length).toBeGreaterThan(0);
    expect(factory.mistakes).toEqual([]);
    await port.drain({ timeoutMs: 0 });
    expect(servers.mistakes).toEqual([]);
    await descriptorsClosed(before);
  });

  test("whose port is drained in the middle of their handshakes: none is served afterwards", async () => {
    const reactor = new BunReactor();
    const servers: RecordingProtocol[] = [];
    const factory = new AdmittingFactory(() => {
      const server = new RecordingProtocol();
      servers.push(server);
      return server;
    });
    const port = await reactor.listenTCP({ tls: LOCALHOST }, factory);
    lengthenQueue(port.fileDescriptor);
    const tls = { authorities: TEST_AUTHORITY };
    const where = { host: "127.0.0.1", port: port.host.port, tls };
    const storming = storm(where);
    await factory.has(100);
    await port.drain({ signal: AbortSignal.abort() });
    const servedBefore = servers.length;
    expect(factory.mistakes).toEqual([]);
    await storming;
    expect(servers).toHaveLength(servedBefore);
    expect(servers.every(({ reason }) => reason !== null)).toBe(true);
  });
});

/** Cancels after so many steps of the program: promises first, then turns of the loop. */
function cancelAfter(steps: number, stop: AbortController): void {
  if (steps === 0) stop.abort();
  else if (steps < 30) queueMicrotask(() => cancelAfter(steps - 1, stop));
  else setImmediate(() => cancelAfter(steps - 1, stop));
}
