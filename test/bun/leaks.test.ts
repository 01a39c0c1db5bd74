import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { ConnectionRefusedError } from "../../src/reactor/connect-error.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawListener } from "../raw-listener.ts";
import type { RawPeer } from "../raw-peer.ts";
import type { RecordingProtocol } from "../transport/recording-protocol.ts";
import { openConnection, SIDES } from "./live-connection.ts";
import { deadDatagramPort, openDatagrams } from "./live-datagrams.ts";
import { LiveServer } from "./live-server.ts";
import { RecordingDatagrams } from "./recording-datagrams.ts";
import { RecordingFactory } from "./recording-factory.ts";

const ROUNDS = 50;

/** Every way for a connection to end, as both ends see it. */
const ENDINGS: Readonly<Record<string, (protocol: RecordingProtocol, peer: RawPeer) => unknown>> = {
  "the peer's end of stream": (_protocol, peer) => peer.sendFIN(),
  "the peer's reset": (_protocol, peer) => peer.sendRST(),
  "the peer's close": (_protocol, peer) => peer.close(),
  loseConnection: async ({ connection }, peer) => {
    connection.loseConnection();
    await peer.end();
    peer.sendFIN();
  },
  abortConnection: ({ connection }) => connection.abortConnection(),
  "the close timeout": ({ connection }) => connection.loseConnection({ timeoutMs: 0 }),
  "a full send buffer": ({ connection }, peer) => {
    peer.stopReading();
    connection.setWriteLimits({ low: 0, high: 0, max: 1 });
    for (let half = 0; half < 2; half++) connection.write(Buffer.alloc(6 * 1_048_576));
  },
};

describe.each(SIDES)("BunReactor, %s: descriptors", (side) => {
  test.each(Object.keys(ENDINGS))("none is left open by %s", async (ending) => {
    const before = openDescriptors();
    for (let round = 0; round < ROUNDS; round++) {
      await using live = await openConnection(side);
      await ENDINGS[ending]?.(live.protocol, live.peer);
      await live.protocol.lost();
      expect(live.protocol.connection.fileDescriptor).toBe(-1);
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });
});

describe("BunReactor: descriptors", () => {
  test("none is left open by connects and listens that fail", async () => {
    using taken = new RawListener();
    const dead = new RawListener();
    dead[Symbol.dispose]();
    const reactor = new BunReactor();
    const factory = new RecordingFactory();
    const before = openDescriptors();
    for (let round = 0; round < ROUNDS; round++) {
      const connecting = reactor.connectTCP({ host: "127.0.0.1", port: dead.port }, factory);
      expect(await connecting.catch((e: unknown) => e)).toBeInstanceOf(ConnectionRefusedError);
      const listening = reactor.listenTCP({ port: taken.port }, factory);
      expect(await listening.catch((e: unknown) => e)).toBeInstanceOf(CannotListenError);
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("none is left open by connections that are refused", async () => {
    await using server = await LiveServer.listen({}, { maxConnections: 0 });
    const before = openDescriptors();
    for (let round = 0; round < ROUNDS; round++) await (await server.connect()).reset();
    expect(openDescriptors()).toBeLessThanOrEqual(before);
    expect(server.port.stats).toMatchObject({ accepted: 0, refused: ROUNDS });
  });

  test("none is left open by UDP ports, connected, refused or not", async () => {
    const port = await deadDatagramPort();
    const before = openDescriptors();
    for (let round = 0; round < ROUNDS; round++) {
      const protocol = new RecordingDatagrams();
      await using _live = await openDatagrams(protocol);
      if (round % 2 === 0) protocol.socket.connect({ host: "127.0.0.1", port });
      else protocol.socket.write("anybody?", { host: "127.0.0.1", port });
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });
});
