import { describe, expect, test } from "bun:test";
import type { StreamOptions } from "../../src/reactor/stream-transport.ts";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import { openConnection, SIDES } from "./live-connection.ts";

const IMMEDIATE: StreamOptions = { writeMode: "immediate" };

describe.each(SIDES)("BunReactor, %s", (side) => {
  test("buffered: what is written in one callback leaves in one send", async () => {
    await using live = await openConnection(side, {
      dataReceived: ({ connection }) => {
        for (let piece = 0; piece < 32; piece++) connection.write("sixteen bytes ..");
      },
    });
    const { peer, protocol } = live;
    await peer.send("go");
    await peer.receives(32 * 16);
    expect(protocol.connection.stats).toEqual({
      bytesReceived: 2,
      bytesSent: 32 * 16,
      sends: 1,
      shortSends: 0,
    });
  });

  test("buffered: what is written outside of callbacks leaves in one send as well", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    for (let piece = 0; piece < 32; piece++) protocol.connection.write("piece");
    expect(protocol.connection.bufferedAmount).toBe(160);
    expect(protocol.connection.stats.sends).toBe(0);
    await peer.receives(160);
    expect(protocol.connection.stats.sends).toBe(1);
  });

  test("immediate: every write is a send of its own, made at once", async () => {
    await using live = await openConnection(side, {}, IMMEDIATE);
    const { peer, protocol } = live;
    for (let piece = 0; piece < 32; piece++) {
      protocol.connection.write("piece");
      expect(protocol.connection.stats.sends).toBe(piece + 1);
    }
    expect(protocol.connection.bufferedAmount).toBe(0);
    await peer.receives(160);
    expect(protocol.connection.stats.bytesSent).toBe(160);
  });

  for (const writeMode of ["buffered", "immediate"] as const) {
    test(`${writeMode}: chunks of every size arrive in order at a reader who stops now and then`, async () => {
      await using live = await openConnection(side, {}, { writeMode });
      const { peer, protocol } = live;
      const chunks = [1, 100, 16_384, 16_385, 70_000, 3_000_000, 5, 0, 65_536, 2_000_000, 1];
      const bytes = chunks.map((size, index) =>
        Buffer.alloc(size, String.fromCharCode(97 + index)),
      );
      peer.stopReading();
      for (const chunk of bytes) protocol.connection.write(chunk);
      expect(protocol.connection.stats.shortSends).toBeLessThanOrEqual(1);
      peer.readOn();
      const all = Buffer.concat(bytes);
      expect(all.equals(await peer.receives(all.length))).toBe(true);
      expect(protocol.connection.bufferedAmount).toBe(0);
      expect(protocol.connection.stats.bytesSent).toBe(all.length);
    });
  }

  test("a string is sent as UTF-8, one with a lone surrogate is refused", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    expect(() => protocol.connection.write("good until \ud800 here")).toThrow(TypeError);
    protocol.connection.write("grüße ☃ 😀");
    protocol.connection.loseConnection();
    expect((await peer.end()).toString()).toBe("grüße ☃ 😀");
  });

  test("what is neither bytes nor a string is refused, and the connection goes on", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    for (const wrong of [7, null, undefined, {}, [1, 2], new ArrayBuffer(2)]) {
      expect(() => protocol.connection.write(wrong as never)).toThrow(TypeError);
    }
    protocol.connection.write("fine");
    expect((await peer.receives(4)).toString()).toBe("fine");
  });

  test("writeSequence sends several chunks as one", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    expect(protocol.connection.writeSequence(["head ", Buffer.from("body "), "tail"])).toBe(true);
    expect(protocol.connection.writeSequence([])).toBe(true);
    protocol.connection.loseConnection();
    expect((await peer.end()).toString()).toBe("head body tail");
    expect(protocol.connection.stats.sends).toBe(1);
  });

  test("an empty write changes nothing", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    expect(protocol.connection.write("")).toBe(true);
    expect(protocol.connection.write(new Uint8Array())).toBe(true);
    protocol.connection.loseConnection();
    expect((await peer.end()).length).toBe(0);
    expect(protocol.connection.stats.sends).toBe(0);
  });

  test("switchProtocol: the next one is connected, gets what is left over, and all that follows", async () => {
    const next = new RecordingProtocol({ connectionMade: noAction });
    await using live = await openConnection(side, {
      dataReceived: ({ connection }, data) => connection.switchProtocol(next, data.subarray(4)),
    });
    const { peer, protocol } = live;
    await peer.send("GO! left over");
    await next.receives(9);
    await peer.send(", and more");
    await next.receives(19);
    next.connection.write("from the next");
    expect((await peer.receives(13)).toString()).toBe("from the next");
    peer.sendFIN();
    expect(await next.lost()).toEqual({ kind: "done" });
    expect(next.received.toString()).toBe("left over, and more");
    expect(next.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
    expect(protocol.events).toEqual(["connectionMade", "dataReceived"]);
  });

  for (const ending of ["abortConnection", "loseConnection"] as const) {
    test(`switchProtocol: nothing left over is delivered once the next one called ${ending}`, async () => {
      const next = new RecordingProtocol({
        connectionMade: ({ connection }) => connection[ending](),
      });
      await using live = await openConnection(side, {
        dataReceived: ({ connection }, data) => connection.switchProtocol(next, data),
      });
      const { peer } = live;
      await peer.send("left over");
      if (ending === "loseConnection") {
        await peer.end();
        peer.sendFIN();
      }
      await next.lost();
      expect(next.events).toEqual(["connectionMade", "connectionLost"]);
    });
  }
});
