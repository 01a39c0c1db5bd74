import { describe, expect, test } from "bun:test";
import type { RawPeer } from "../raw-peer.ts";
import type { RecordingProtocol } from "../transport/recording-protocol.ts";
import { openConnection, SIDES } from "./live-connection.ts";

/** What may end a connection, all at the same time. */
const ENDINGS: Readonly<Record<string, (protocol: RecordingProtocol, peer: RawPeer) => void>> = {
  write: ({ connection }) => void connection.write("more"),
  lose: ({ connection }) => connection.loseConnection(),
  loseWrite: ({ connection }) => connection.loseWriteConnection(),
  abort: ({ connection }) => connection.abortConnection(),
  reset: (_protocol, peer) => peer.sendRST(),
};

/** Every order of `items`. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

describe.each(SIDES)("BunReactor, %s", (side) => {
  test("connectionMade comes first, then the data, then connectionLost, once and last", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    await peer.send("hello");
    peer.sendFIN();
    expect(await protocol.lost()).toEqual({ kind: "done" });
    await peer.end();
    expect(protocol.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
    expect(protocol.received.toString()).toBe("hello");
  });

  test("bytes are delivered in the order of the wire, however they are cut", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    const bytes = Buffer.from(Array.from({ length: 600 }, (_, index) => index % 251));
    for (const byte of bytes) await peer.send(Buffer.of(byte));
    await protocol.receives(bytes.length);
    expect(protocol.received).toEqual(bytes);
  });

  test("what is written in connectionMade reaches the peer", async () => {
    await using live = await openConnection(side, {
      connectionMade: ({ connection }) => connection.write("welcome"),
    });
    expect((await live.peer.receives(7)).toString()).toBe("welcome");
  });

  test("abort, lose, half-close, write and a reset at once: connectionLost once, whatever the order", async () => {
    for (const order of permutations(Object.keys(ENDINGS))) {
      await using live = await openConnection(side);
      const { peer, protocol, logger } = live;
      for (const ending of order) protocol.calling(() => ENDINGS[ending]?.(protocol, peer));
      expect(await protocol.lost()).toEqual({ kind: "aborted" });
      expect(protocol.events.filter((event) => event === "connectionLost")).toHaveLength(1);
      expect(protocol.events.at(-1)).toBe("connectionLost");
      expect(protocol.calledInside).toEqual([]);
      expect(logger.reports).toEqual([]);
    }
  });

  for (const callback of ["connectionMade", "dataReceived"] as const) {
    for (const call of ["loseConnection", "abortConnection"] as const) {
      test(`connectionLost comes after ${callback}, where that calls ${call}`, async () => {
        await using live = await openConnection(side, {
          [callback]: (protocol: RecordingProtocol) =>
            protocol.calling(() => protocol.connection[call]()),
        });
        const { peer, protocol } = live;
        if (callback === "dataReceived") await peer.send("go");
        if (call === "loseConnection") {
          await peer.end();
          peer.sendFIN();
        }
        await protocol.lost();
        expect(protocol.calledInside).toEqual([]);
        expect(protocol.events.at(-1)).toBe("connectionLost");
      });
    }
  }

  test("after connectionLost every call does nothing, and none of them throws", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    const { connection } = protocol;
    const [peerAddress, hostAddress] = [connection.getPeer(), connection.getHost()];
    peer.sendFIN();
    await protocol.lost();
    expect(connection.write("late")).toBe(false);
    expect(connection.writeSequence(["very", "late"])).toBe(false);
    connection.loseConnection();
    connection.loseConnection({ timeoutMs: 1 });
    connection.loseWriteConnection();
    connection.abortConnection();
    connection.pauseProducing();
    connection.resumeProducing();
    connection.stopProducing();
    connection.unregisterProducer();
    connection.setNoDelay(false);
    connection.setKeepAlive(true, 1_000);
    connection.switchProtocol(protocol, Buffer.from("left over"));
    expect(connection.bufferedAmount).toBe(0);
    expect(connection.fileDescriptor).toBe(-1);
    expect(connection.getPeer()).toBe(peerAddress);
    expect(connection.getHost()).toBe(hostAddress);
    expect(connection.drained()).rejects.toThrow("Connection done");
    expect((await peer.end()).toString()).toBe("");
    expect(protocol.events).toEqual(["connectionMade", "connectionLost"]);
  });
});
