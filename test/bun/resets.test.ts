import { describe, expect, test } from "bun:test";
import { openConnection, type Side } from "./live-connection.ts";

/** More than the kernel's buffers of both ends take together. */
const MUCH = Buffer.alloc(12 * 1_048_576, "0123456789abcdef");

const TCP_SIDES: readonly Side[] = ["accepted TCP", "connected TCP"];
const UNIX_SIDES: readonly Side[] = ["accepted UNIX", "connected UNIX"];

describe.each(TCP_SIDES)("BunReactor, %s", (side) => {
  test("abortConnection drops what waits, and the peer gets a reset", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    peer.stopReading();
    protocol.connection.write(MUCH);
    protocol.connection.abortConnection();
    expect(protocol.reason).toBeNull();
    expect(await protocol.lost()).toEqual({ kind: "aborted" });
    peer.readOn();
    await peer.reset();
    expect(peer.receivedBytes).toBeLessThan(MUCH.length);
  });

  test("a reset by the peer is a lost connection, with the system's code as the cause", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    peer.sendRST();
    expect(await protocol.lost()).toMatchObject({ kind: "lost", cause: { code: "ECONNRESET" } });
  });

  test("a reset while output waits is a lost connection", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    peer.stopReading();
    protocol.connection.write(MUCH);
    await protocol.until(() => true);
    peer.sendRST();
    expect(await protocol.lost()).toMatchObject({ kind: "lost" });
  });

  test("a write that finds the connection reset is a lost connection, never a clean close", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    peer.sendRST();
    protocol.connection.write("into the void");
    expect(await protocol.lost()).toMatchObject({ kind: "lost" });
    expect(protocol.events).toEqual(["connectionMade", "connectionLost"]);
  });

  test("a paused write that finds it reset is told so, and what came before follows", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.pauseProducing();
    await peer.send("last words");
    peer.sendRST();
    protocol.connection.write("into the void");
    await Promise.resolve();
    protocol.connection.write("and again");
    await expect(protocol.connection.drained()).rejects.toMatchObject({ reason: { kind: "lost" } });
    expect(protocol.reason).toBeNull();
    protocol.connection.resumeProducing();
    expect(await protocol.lost()).toMatchObject({ kind: "lost" });
    expect(protocol.received.toString()).toBe("last words");
  });

  test("what the peer sent before its reset is delivered first", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    await peer.send("last words");
    peer.sendRST();
    expect(await protocol.lost()).toMatchObject({ kind: "lost" });
    expect(protocol.received.toString()).toBe("last words");
  });
});

describe.each(UNIX_SIDES)("BunReactor, %s", (side) => {
  test("abortConnection drops what waits; UNIX sockets show the peer an end of stream", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    peer.stopReading();
    protocol.connection.write(MUCH);
    protocol.connection.abortConnection();
    expect(await protocol.lost()).toEqual({ kind: "aborted" });
    peer.readOn();
    expect((await peer.end()).length).toBeLessThan(MUCH.length);
  });

  test("abortConnection with bytes unread is a reset for the peer", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.pauseProducing();
    await peer.send("unread");
    protocol.connection.abortConnection();
    expect(await protocol.lost()).toEqual({ kind: "aborted" });
    await peer.reset();
  });
});
