import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sendFile } from "../../src/protocols/send-file.ts";
import { ConnectionClosedError } from "../../src/reactor/close-reason.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { StreamTransport } from "../../src/reactor/stream-transport.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";

/** Counts and keeps what it gets. */
class Sink extends Protocol {
  readonly chunks: Buffer[] = [];
  ended = false;

  get connection(): StreamTransport {
    return this.transport;
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  override dataReceived(data: Buffer): void {
    this.chunks.push(data);
  }

  override connectionLost(): void {
    this.ended = true;
  }
}

/** Two ends; `settle` lets what was sent arrive, and everybody go on who waits for a promise. */
function connect() {
  const sender = new Sink();
  const sink = new Sink();
  const pair = connectedPair(sender, sink, { bufferBytes: 16_384 });
  async function settle(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      pair.flush();
      await Promise.resolve();
    }
  }
  return { transport: sender.connection, sender, sink, settle };
}

/** Flushes until `promise` is settled, however many turns of the runtime that takes. */
async function deliverUntil<T>(promise: Promise<T>, settle: () => Promise<void>): Promise<T> {
  const race = { settled: false };
  const watched = promise.finally(() => (race.settled = true));
  while (!race.settled) {
    await settle();
    await new Promise(setImmediate);
  }
  return watched;
}

/** A source of `count` chunks that notes how many were asked for, and whether it was cancelled. */
function countedSource(count: number, chunk: Uint8Array) {
  const source = { pulled: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (source.pulled === count) return controller.close();
        source.pulled++;
        controller.enqueue(chunk);
      },
      cancel() {
        source.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { source, stream };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("It did not fail");
}

describe("sendFile", () => {
  test("sends a file and resolves with its size", async () => {
    const folder = mkdtempSync(join(tmpdir(), "send-file-"));
    try {
      const path = join(folder, "data");
      const content = Buffer.alloc(500_000, "0123456789abcdef");
      writeFileSync(path, content);
      const { transport, sink, settle } = connect();
      expect(await deliverUntil(sendFile(transport, Bun.file(path)), settle)).toBe(content.length);
      await settle();
      expect(sink.received.equals(content)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("sends a part of a blob", async () => {
    const { transport, sink, settle } = connect();
    const part = new Blob(["one two three"]).slice(4, 7);
    expect(await deliverUntil(sendFile(transport, part), settle)).toBe(3);
    await settle();
    expect(sink.received.toString()).toBe("two");
  });

  test("a source of nothing sends nothing", async () => {
    const { transport, settle } = connect();
    expect(await deliverUntil(sendFile(transport, new Blob([])), settle)).toBe(0);
  });

  test("asks the source for no more than the peer takes", async () => {
    const { transport, sink, settle } = connect();
    const { source, stream } = countedSource(100, Buffer.alloc(10_000));
    sink.connection.pauseProducing();
    const sent = sendFile(transport, stream);
    await settle();
    const pulledWhilePaused = source.pulled;
    expect(pulledWhilePaused).toBeGreaterThan(0);
    expect(pulledWhilePaused).toBeLessThan(15);
    sink.connection.resumeProducing();
    expect(await deliverUntil(sent, settle)).toBe(1_000_000);
    await settle();
    expect(sink.received).toHaveLength(1_000_000);
  });

  test("a chunk that is larger than may wait is sent in pieces", async () => {
    const { transport, sink, settle } = connect();
    transport.setWriteLimits({ high: 65_536, max: 200_000 });
    const { stream } = countedSource(1, Buffer.alloc(1_000_000, "x"));
    expect(await deliverUntil(sendFile(transport, stream), settle)).toBe(1_000_000);
    await settle();
    expect(sink.received).toHaveLength(1_000_000);
  });

  test("loseConnection in the middle waits for the end of the file", async () => {
    const { transport, sender, sink, settle } = connect();
    const { stream } = countedSource(50, Buffer.alloc(10_000));
    const sent = sendFile(transport, stream);
    transport.loseConnection();
    expect(await deliverUntil(sent, settle)).toBe(500_000);
    await settle();
    sink.connection.loseConnection();
    await settle();
    expect([sink.received.length, sender.ended]).toEqual([500_000, true]);
  });

  test("rejects when the connection is lost, and cancels the source", async () => {
    const { transport, sink, settle } = connect();
    const { source, stream } = countedSource(100, Buffer.alloc(10_000));
    sink.connection.pauseProducing();
    const failure = failureOf(sendFile(transport, stream));
    await settle();
    sink.connection.abortConnection();
    const error = await deliverUntil(failure, settle);
    expect(error).toBeInstanceOf(ConnectionClosedError);
    expect(error).toHaveProperty("reason.kind", "lost");
    expect(source.cancelled).toBe(true);
  });

  test("rejects when the connection is lost while the source has nothing to give", async () => {
    const { transport, settle } = connect();
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
    const failure = failureOf(sendFile(transport, stream));
    await settle();
    transport.abortConnection();
    const error = await deliverUntil(failure, settle);
    expect(error).toHaveProperty("reason.kind", "aborted");
    expect(cancelled).toBe(true);
  });

  test("rejects at once on a connection that has ended, or is closing", async () => {
    for (const verb of ["abortConnection", "loseConnection"] as const) {
      const { transport, settle } = connect();
      transport[verb]();
      await settle();
      const { source, stream } = countedSource(1, Buffer.alloc(1));
      const error = await deliverUntil(failureOf(sendFile(transport, stream)), settle);
      expect(error).toBeInstanceOf(ConnectionClosedError);
      expect(source.cancelled).toBe(true);
    }
  });

  test("rejects at once where only the peer may still send", async () => {
    const { transport, sink, settle } = connect();
    Object.assign(sink, { readConnectionLost: () => undefined });
    transport.loseWriteConnection();
    await settle();
    const { source, stream } = countedSource(3, Buffer.from("data"));
    expect(await failureOf(sendFile(transport, stream))).toMatchObject({
      reason: { kind: "done" },
    });
    expect(source).toEqual({ pulled: 0, cancelled: true });
    expect(sink.ended).toBe(false);
  });

  test("rejects with what reading the source fails with, and leaves the connection", async () => {
    const { transport, sink, settle } = connect();
    const missing = Bun.file(join(tmpdir(), "there-is-no-such-file"));
    const error = await deliverUntil(failureOf(sendFile(transport, missing)), settle);
    expect(error).toHaveProperty("code", "ENOENT");
    transport.write("still open");
    await settle();
    expect(sink.received.toString()).toBe("still open");
  });

  test("a signal stops it, and what was written by then is sent", async () => {
    const { transport, sink, settle } = connect();
    const { source, stream } = countedSource(100, Buffer.alloc(10_000));
    const controller = new AbortController();
    const failure = failureOf(sendFile(transport, stream, { signal: controller.signal }));
    sink.connection.pauseProducing();
    await settle();
    const reason = new Error("changed my mind");
    controller.abort(reason);
    expect(await deliverUntil(failure, settle)).toBe(reason);
    sink.connection.resumeProducing();
    await settle();
    expect(sink.received).toHaveLength(source.pulled * 10_000);
    expect(source.cancelled).toBe(true);
  });

  test("a signal that is aborted already sends nothing, and cancels the source", async () => {
    const { transport, sink, settle } = connect();
    const { source, stream } = countedSource(1, Buffer.alloc(1));
    const reason = new Error("too late");
    const failure = failureOf(sendFile(transport, stream, { signal: AbortSignal.abort(reason) }));
    expect(await deliverUntil(failure, settle)).toBe(reason);
    expect([sink.received.length, source.cancelled]).toEqual([0, true]);
  });

  test("a signal without a reason is not taken for the end of the connection", async () => {
    const { transport, settle } = connect();
    const controller = new AbortController();
    const { stream } = countedSource(100, Buffer.alloc(10_000));
    const failure = failureOf(sendFile(transport, stream, { signal: controller.signal }));
    controller.abort(null);
    expect(await deliverUntil(failure, settle)).toBeNull();
  });

  test("a second producer is refused, and the first goes on", async () => {
    const { transport, settle } = connect();
    const first = sendFile(transport, countedSource(20, Buffer.alloc(10_000)).stream);
    const second = countedSource(20, Buffer.alloc(10_000));
    const error = await failureOf(sendFile(transport, second.stream));
    expect(String(error)).toContain("Cannot register a producer");
    expect(second.source.cancelled).toBe(true);
    expect(await deliverUntil(first, settle)).toBe(200_000);
  });
});
