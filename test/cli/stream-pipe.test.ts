import { describe, expect, test } from "bun:test";
import { CommandFailure } from "../../src/cli/command-failure.ts";
import { StandardOutput } from "../../src/cli/standard-output.ts";
import { StreamPipe } from "../../src/cli/stream-pipe.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { type Actions, noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import { HeldStream } from "./held-stream.ts";
import { TypedInput } from "./typed-input.ts";

/** A pipe between a typed input, a held output and a peer that acts as the test says. */
function piped(actions: Actions = {}) {
  const typed = new TypedInput();
  const stream = new HeldStream();
  const clock = new ManualClock();
  const output = new StandardOutput(stream, (error) => {
    throw error;
  });
  const pipe = new StreamPipe(typed.input, output, clock);
  const peer = new RecordingProtocol(actions);
  const pair = connectedPair(pipe as Protocol, peer, { bufferBytes: 65_536 });
  return { typed, stream, clock, pipe, peer, pair };
}

/** Lets the input be read, and what was read arrive. */
async function settle({ pair }: ReturnType<typeof piped>): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  pair.flush();
}

describe("StreamPipe", () => {
  test("sends the input to the peer and prints what the peer sends", async () => {
    const all = piped();
    all.typed.type("question");
    await settle(all);
    all.pair.server.write("answer");
    all.pair.flush();
    expect(all.peer.received.toString()).toBe("question");
    expect(all.stream.written).toBe("answer");
  });

  test("passes the end of the input on, and still prints what the peer sends after it", async () => {
    const all = piped({ readConnectionLost: noAction });
    all.typed.type("question");
    all.typed.end();
    await settle(all);
    expect(all.peer.events).toEqual(["connectionMade", "dataReceived", "readConnectionLost"]);
    all.pair.server.write("answer");
    all.pair.server.loseConnection();
    all.pair.flush();
    expect(await all.pipe.finished).toBeUndefined();
    expect(all.stream.written).toBe("answer");
  });

  test("reads no more from the peer than a slow output takes", () => {
    const { stream, peer, pair } = piped();
    stream.writable = false;
    peer.connection.write(Buffer.alloc(1_000_000, "x"));
    pair.flush();
    expect(stream.written.length).toBeLessThanOrEqual(65_536);
    stream.writable = true;
    stream.emit("drain");
    pair.flush();
    expect(stream.written.length).toBe(1_000_000);
  });

  test("reads no more input than a slow peer takes", async () => {
    const all = piped();
    all.pair.server.pauseProducing();
    for (let chunk = 0; chunk < 100; chunk++) {
      all.typed.type(Buffer.alloc(50_000, "x"));
      await settle(all);
    }
    expect(all.pair.client.bufferedAmount).toBeLessThan(200_000);
    all.typed.end();
    all.pair.server.resumeProducing();
    while (all.peer.receivedBytes < 5_000_000) await settle(all);
    expect(all.peer.receivedBytes).toBe(5_000_000);
  });

  test("ends half a second after the peer did, when no more input comes", async () => {
    const all = piped();
    all.pair.server.write("line");
    all.pair.server.loseConnection();
    all.pair.flush();
    all.clock.advance(499);
    expect(all.peer.reason).toBeNull();
    all.clock.advance(1);
    all.pair.flush();
    expect(await all.pipe.finished).toBeUndefined();
    expect(all.stream.written).toBe("line");
  });

  test("input that keeps coming is still sent after the peer has finished", async () => {
    const all = piped();
    all.pair.server.loseWriteConnection();
    all.pair.flush();
    for (let chunk = 0; chunk < 10; chunk++) {
      all.clock.advance(400);
      all.typed.type("x");
      await settle(all);
    }
    expect(all.peer.received.toString()).toBe("x".repeat(10));
    all.typed.end();
    await settle(all);
    expect(await all.pipe.finished).toBeUndefined();
  });

  test("does not give up on a peer that has finished and reads slowly", async () => {
    const all = piped();
    all.pair.server.loseWriteConnection();
    all.pair.server.pauseProducing();
    all.typed.type(Buffer.alloc(200_000, "x"));
    await settle(all);
    all.clock.advance(60_000);
    await settle(all);
    expect(all.peer.reason).toBeNull();
    all.pair.server.resumeProducing();
    all.pair.flush();
    expect(all.peer.receivedBytes).toBe(200_000);
  });

  test("a connection that breaks is a failure with the cause", async () => {
    const { pair, pipe } = piped();
    pair.server.abortConnection();
    pair.flush();
    await expect(pipe.finished).rejects.toBeInstanceOf(CommandFailure);
    await expect(pipe.finished).rejects.toThrow("Lost the connection to tcp 10.0.0.1:12345: ");
  });

  test("input that cannot be read is a failure, and the peer sees no orderly end", async () => {
    const all = piped();
    all.typed.fail(new Error("EIO"));
    await settle(all);
    await expect(all.pipe.finished).rejects.toThrow("Cannot read standard input: EIO");
    expect(all.peer.reason?.kind).toBe("lost");
  });
});
