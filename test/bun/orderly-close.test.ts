import { describe, expect, test } from "bun:test";
import { openConnection, SIDES } from "./live-connection.ts";

/** More than the kernel's buffers of both ends take together. */
const MUCH = Buffer.alloc(12 * 1_048_576, "0123456789abcdef");

describe.each(SIDES)("BunReactor, %s", (side) => {
  test("what was written before loseConnection arrives, then the end of stream", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.write("good");
    protocol.connection.write("bye");
    protocol.connection.loseConnection();
    expect((await peer.end()).toString()).toBe("goodbye");
    peer.sendFIN();
    expect(await protocol.lost()).toEqual({ kind: "done" });
  });

  test("much that was written before loseConnection arrives at a slow reader", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    peer.stopReading();
    protocol.connection.write(MUCH);
    protocol.connection.loseConnection();
    expect(protocol.connection.bufferedAmount).toBeGreaterThan(0);
    peer.readOn();
    expect(MUCH.equals(await peer.end())).toBe(true);
    peer.sendFIN();
    expect(await protocol.lost()).toEqual({ kind: "done" });
  });

  test("what the peer sends after loseConnection is discarded, and its end awaited", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.loseConnection();
    await peer.end();
    await peer.send(Buffer.alloc(100_000));
    expect(protocol.reason).toBeNull();
    peer.sendFIN();
    expect(await protocol.lost()).toEqual({ kind: "done" });
    expect(protocol.receivedBytes).toBe(0);
  });

  test("bytes that came unread before loseConnection do not turn it into a reset", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.pauseProducing();
    await peer.send(Buffer.alloc(5_000));
    protocol.connection.write("answer");
    protocol.connection.loseConnection();
    expect((await peer.end()).toString()).toBe("answer");
    peer.sendFIN();
    expect(await protocol.lost()).toEqual({ kind: "done" });
    expect(protocol.receivedBytes).toBe(0);
  });

  test("what is written after loseConnection is dropped", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.write("before");
    protocol.connection.loseConnection();
    expect(protocol.connection.write("after")).toBe(false);
    expect((await peer.end()).toString()).toBe("before");
  });

  test("loseConnection waits for a push producer to unregister", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    const { connection } = protocol;
    const producer = { pauseProducing() {}, resumeProducing() {}, stopProducing() {} };
    connection.registerProducer(producer, true);
    connection.loseConnection();
    expect(connection.write("first ")).toBe(true);
    expect((await peer.receives(6)).toString()).toBe("first ");
    expect(connection.write("and last")).toBe(true);
    connection.unregisterProducer();
    expect((await peer.end()).toString()).toBe("first and last");
  });

  test("loseConnection waits for a pull producer to unregister", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    const { connection } = protocol;
    const pieces = ["one ", "two ", "three"];
    const producer = {
      resumeProducing() {
        connection.write(pieces.shift() ?? "");
        if (pieces.length === 0) connection.unregisterProducer();
      },
      stopProducing() {},
    };
    connection.registerProducer(producer, false);
    connection.loseConnection();
    expect((await peer.end()).toString()).toBe("one two three");
  });

  test("a peer that never closes is aborted after the close timeout", async () => {
    await using live = await openConnection(side, {}, { closeTimeoutMs: 10 });
    const { peer, protocol } = live;
    protocol.connection.write("bye");
    protocol.connection.loseConnection();
    expect((await peer.end()).toString()).toBe("bye");
    expect(await protocol.lost()).toEqual({ kind: "aborted" });
  });

  test("a peer that stops reading is aborted after the timeout of this loseConnection", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    peer.stopReading();
    protocol.connection.write(MUCH);
    protocol.connection.loseConnection({ timeoutMs: 10 });
    expect(await protocol.lost()).toEqual({ kind: "aborted" });
  });

  test("a later loseConnection may shorten the timeout of an earlier one", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.loseConnection();
    await peer.end();
    protocol.connection.loseConnection({ timeoutMs: 10 });
    expect(await protocol.lost()).toEqual({ kind: "aborted" });
  });

  test("a close timeout of less than 0 is refused, and nothing is closed", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    expect(() => protocol.connection.loseConnection({ timeoutMs: -1 })).toThrow(RangeError);
    protocol.connection.write("still here");
    expect((await peer.receives(10)).toString()).toBe("still here");
  });

  test("abortConnection ends a close that is under way", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.loseConnection();
    await peer.end();
    protocol.connection.abortConnection();
    protocol.connection.abortConnection();
    expect(await protocol.lost()).toEqual({ kind: "aborted" });
  });
});
