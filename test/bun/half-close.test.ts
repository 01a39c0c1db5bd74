import { describe, expect, test } from "bun:test";
import { noAction, type RecordingProtocol } from "../transport/recording-protocol.ts";
import { openConnection, SIDES } from "./live-connection.ts";

const MEBIBYTE = Buffer.alloc(1_048_576, "0123456789abcdef");

function echo(protocol: RecordingProtocol, data: Buffer): void {
  protocol.connection.write(data);
}

describe.each(SIDES)("BunReactor, %s", (side) => {
  test("a peer that half-closes right after sending gets its answer, 100 times in 100", async () => {
    for (let time = 0; time < 100; time++) {
      await using live = await openConnection(side, { dataReceived: echo });
      const { peer, protocol } = live;
      await peer.send("hi");
      peer.sendFIN();
      expect((await peer.end()).toString()).toBe("hi");
      expect(await protocol.lost()).toEqual({ kind: "done" });
    }
  });

  test("a peer that half-closes after a mebibyte gets all of it back", async () => {
    await using live = await openConnection(side, { dataReceived: echo });
    const { peer, protocol } = live;
    await peer.send(MEBIBYTE);
    peer.sendFIN();
    expect(MEBIBYTE.equals(await peer.end())).toBe(true);
    expect(await protocol.lost()).toEqual({ kind: "done" });
  });

  test("a peer that half-closes while output waits still gets all of it", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    const much = Buffer.concat(Array.from({ length: 12 }, () => MEBIBYTE));
    peer.stopReading();
    protocol.connection.write(much);
    peer.sendFIN();
    peer.readOn();
    expect(much.equals(await peer.end())).toBe(true);
    expect(await protocol.lost()).toEqual({ kind: "done" });
  });

  test("readConnectionLost: the peer has finished, we go on, and end with loseConnection", async () => {
    await using live = await openConnection(side, { readConnectionLost: noAction });
    const { peer, protocol } = live;
    await peer.send("question");
    peer.sendFIN();
    await protocol.until(() => protocol.events.includes("readConnectionLost"));
    protocol.connection.write("answer");
    expect((await peer.receives(6)).toString()).toBe("answer");
    protocol.connection.loseConnection();
    await peer.end();
    expect(await protocol.lost()).toEqual({ kind: "done" });
    expect(protocol.events).toEqual([
      "connectionMade",
      "dataReceived",
      "readConnectionLost",
      "connectionLost",
    ]);
  });

  test("loseWriteConnection sends the end of stream after all written, and goes on receiving", async () => {
    await using live = await openConnection(side, { writeConnectionLost: noAction });
    const { peer, protocol } = live;
    protocol.connection.write("question");
    protocol.connection.loseWriteConnection();
    expect(protocol.connection.write("dropped")).toBe(false);
    expect((await peer.end()).toString()).toBe("question");
    await peer.send("answer");
    await protocol.receives(6);
    peer.sendFIN();
    expect(await protocol.lost()).toEqual({ kind: "done" });
    expect(protocol.received.toString()).toBe("answer");
    expect(protocol.events).toEqual([
      "connectionMade",
      "writeConnectionLost",
      "dataReceived",
      "connectionLost",
    ]);
  });

  test("writeConnectionLost comes once, after a second loseWriteConnection too", async () => {
    await using live = await openConnection(side, {
      writeConnectionLost: ({ connection }) => connection.loseWriteConnection(),
    });
    const { peer, protocol } = live;
    protocol.connection.loseWriteConnection();
    protocol.connection.loseWriteConnection();
    await peer.end();
    protocol.connection.loseWriteConnection();
    peer.sendFIN();
    await protocol.lost();
    expect(protocol.events).toEqual(["connectionMade", "writeConnectionLost", "connectionLost"]);
  });

  for (const first of ["the peer's half", "our half"]) {
    test(`when both halves are down connectionLost follows; ${first} first`, async () => {
      await using live = await openConnection(side, {
        readConnectionLost: noAction,
        writeConnectionLost: noAction,
      });
      const { peer, protocol } = live;
      const halves = ["readConnectionLost", "writeConnectionLost"];
      if (first === "our half") {
        halves.reverse();
        protocol.connection.loseWriteConnection();
        await peer.end();
        peer.sendFIN();
      } else {
        peer.sendFIN();
        await protocol.until(() => protocol.events.includes("readConnectionLost"));
        protocol.connection.loseWriteConnection();
        await peer.end();
      }
      expect(await protocol.lost()).toEqual({ kind: "done" });
      expect(protocol.events).toEqual(["connectionMade", ...halves, "connectionLost"]);
    });
  }

  test("both halves end at the same time: each is told once, then connectionLost", async () => {
    await using live = await openConnection(side, {
      readConnectionLost: noAction,
      writeConnectionLost: noAction,
    });
    const { peer, protocol } = live;
    peer.sendFIN();
    protocol.connection.loseWriteConnection();
    expect(await protocol.lost()).toEqual({ kind: "done" });
    expect(protocol.events.toSorted()).toEqual([
      "connectionLost",
      "connectionMade",
      "readConnectionLost",
      "writeConnectionLost",
    ]);
    expect(protocol.events.at(-1)).toBe("connectionLost");
  });

  for (const call of ["loseConnection", "abortConnection", "loseWriteConnection"] as const) {
    for (const when of ["before", "after"]) {
      test(`readConnectionLost may call ${call}, ${when} our own half is down`, async () => {
        await using live = await openConnection(side, {
          readConnectionLost: ({ connection }) => connection[call](),
        });
        const { peer, protocol } = live;
        if (when === "after") {
          protocol.connection.loseWriteConnection();
          await peer.end();
        }
        peer.sendFIN();
        const aborted = call === "abortConnection";
        expect((await protocol.lost()).kind).toBe(aborted ? "aborted" : "done");
        expect(protocol.events).toEqual(["connectionMade", "readConnectionLost", "connectionLost"]);
        expect(live.logger.reports).toEqual([]);
      });
    }
  }

  test("writeConnectionLost may abort", async () => {
    await using live = await openConnection(side, {
      writeConnectionLost: ({ connection }) => connection.abortConnection(),
    });
    const { protocol } = live;
    protocol.connection.loseWriteConnection();
    expect(await protocol.lost()).toEqual({ kind: "aborted" });
    expect(live.logger.reports).toEqual([]);
  });

  test("after loseWriteConnection a peer that only half-closed at once is noticed", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    peer.sendFIN();
    protocol.connection.write("last");
    protocol.connection.loseWriteConnection();
    expect((await peer.end()).toString()).toBe("last");
    expect(await protocol.lost()).toEqual({ kind: "done" });
  });
});
