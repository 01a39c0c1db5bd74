import { describe, expect, test } from "bun:test";
import { FrameTooLongError } from "../../src/framing/framing-error.ts";
import { IncompleteReadError } from "../../src/protocols/incomplete-read-error.ts";
import { StreamProtocol } from "../../src/protocols/stream-protocol.ts";
import { type CloseReason, ConnectionClosedError } from "../../src/reactor/close-reason.ts";
import { chunkings } from "../../src/testing/chunkings.ts";
import { type ConnectedPair, connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";

/** A stream, and its peer, which is one too. */
interface Streams extends ConnectedPair {
  readonly stream: StreamProtocol;
  readonly peer: StreamProtocol;
  readonly logger: MemoryLogger;
}

function connect(stream = new StreamProtocol()): Streams {
  const peer = new StreamProtocol();
  const logger = new MemoryLogger();
  const pair = connectedPair(stream, peer, { logger, bufferBytes: 4096 });
  return { ...pair, flush: () => pair.flush(), pump: () => pair.pump(), stream, peer, logger };
}

/** Has the peer send `data`, and finish when `ends` says so. */
function send({ peer, flush }: Streams, data: string, ends?: "ends"): void {
  peer.write(data);
  if (ends) peer.closeWrite();
  flush();
}

/** Lets everybody go on who waits for a promise, or for what is under way between the two. */
async function settle(streams: Streams): Promise<void> {
  for (let round = 0; round < 50; round++) {
    streams.flush();
    await Promise.resolve();
  }
}

/** Everything that a `for await` over the stream gives. */
async function collect(stream: StreamProtocol): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk.toString();
  return text;
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("It did not fail");
}

describe("StreamProtocol: reading", () => {
  test("read gives what came, and null at the end", async () => {
    const streams = connect();
    const first = streams.stream.read();
    send(streams, "one");
    expect((await first)?.toString()).toBe("one");
    send(streams, "two", "ends");
    expect((await streams.stream.read())?.toString()).toBe("two");
    expect(await streams.stream.read()).toBeNull();
    expect(await streams.stream.read()).toBeNull();
  });

  test("read gives at most as much as is asked for, and the rest later", async () => {
    const streams = connect();
    send(streams, "abcdef");
    expect((await streams.stream.read(4))?.toString()).toBe("abcd");
    expect((await streams.stream.read(4))?.toString()).toBe("ef");
  });

  test("readExactly waits for all, in every chunking", async () => {
    for (const chunks of chunkings("12345678")) {
      const stream = new StreamProtocol();
      stream.makeConnection(new MemoryTransport());
      const whole = stream.readExactly(6);
      for (const chunk of chunks) stream.dataReceived(chunk);
      expect((await whole).toString()).toBe("123456");
      expect((await stream.readExactly(2)).toString()).toBe("78");
    }
  });

  test("readExactly of more than the buffer holds gets it all the same", async () => {
    const streams = connect();
    const whole = streams.stream.readExactly(1_000_000);
    send(streams, "x".repeat(1_000_000));
    expect(await whole).toHaveLength(1_000_000);
  });

  test("readUntil gives what is before the delimiter, in every chunking", async () => {
    for (const chunks of chunkings("head: 1\r\n\r\nbody")) {
      const stream = new StreamProtocol();
      stream.makeConnection(new MemoryTransport());
      const head = stream.readUntil("\r\n\r\n");
      for (const chunk of chunks) stream.dataReceived(chunk);
      expect((await head).toString()).toBe("head: 1");
      expect((await stream.readExactly(4)).toString()).toBe("body");
    }
  });

  test("readLine takes LF and CR LF, and a last line without either", async () => {
    const streams = connect();
    send(streams, "one\ntwo\r\n\nlast", "ends");
    const lines: (string | undefined)[] = [];
    for (let count = 0; count < 5; count++) {
      lines.push((await streams.stream.readLine())?.toString());
    }
    expect(lines).toEqual(["one", "two", "", "last", undefined]);
  });

  test("for await gives everything up to the end", async () => {
    const streams = connect();
    const text = collect(streams.stream);
    send(streams, "one");
    send(streams, "two", "ends");
    expect(await text).toBe("onetwo");
  });

  test("leaving a for await closes nothing and loses nothing", async () => {
    const streams = connect();
    send(streams, "one");
    for await (const chunk of streams.stream) {
      expect(chunk.toString()).toBe("one");
      break;
    }
    send(streams, "two", "ends");
    expect(await collect(streams.stream)).toBe("two");
  });

  test("a second read while one is under way is refused, and disturbs nothing", async () => {
    const streams = connect();
    const first = streams.stream.readLine();
    expect(String(await failureOf(streams.stream.read()))).toBe(
      "Error: Cannot read: another read is under way",
    );
    send(streams, "line\n");
    expect((await first)?.toString()).toBe("line");
  });

  test("a read that its signal cancels has read nothing", async () => {
    const streams = connect();
    const controller = new AbortController();
    const line = streams.stream.readLine({ signal: controller.signal });
    send(streams, "be");
    controller.abort(new Error("changed my mind"));
    expect(String(await failureOf(line))).toBe("Error: changed my mind");
    send(streams, "gun\n");
    expect((await streams.stream.readLine())?.toString()).toBe("begun");
  });

  test("a signal that is aborted already cancels at once", async () => {
    const { stream } = connect();
    const reason = new Error("too late");
    const read = stream.read(1, { signal: AbortSignal.abort(reason) });
    expect(await failureOf(read)).toBe(reason);
  });
});

describe("StreamProtocol: the end of the stream", () => {
  test("before enough bytes is an IncompleteReadError, which has those that came", async () => {
    const streams = connect();
    const read = streams.stream.readExactly(10);
    send(streams, "only", "ends");
    const error = await failureOf(read);
    expect(error).toBeInstanceOf(IncompleteReadError);
    expect(error).toMatchObject({
      message: "Cannot read 10 bytes: the stream ended after 4 bytes",
      partial: Buffer.from("only"),
      reason: { kind: "done" },
    });
    expect(await streams.stream.read()).toBeNull();
  });

  test("before the delimiter is one too", async () => {
    const streams = connect();
    send(streams, "a", "ends");
    const error = await failureOf(streams.stream.readUntil("\n"));
    expect(error).toBeInstanceOf(IncompleteReadError);
  });

  test("what came before a reset can be read, and then the reset is told", async () => {
    const streams = connect();
    send(streams, "last words\n");
    streams.peer.connection.abortConnection();
    streams.flush();
    expect((await streams.stream.readLine())?.toString()).toBe("last words");
    const error = await failureOf(streams.stream.read());
    expect(error).toBeInstanceOf(ConnectionClosedError);
    expect(error).toHaveProperty("reason.kind", "lost");
  });

  test("a line that a reset cut off is no line", async () => {
    const streams = connect();
    send(streams, "half a li");
    streams.peer.connection.abortConnection();
    streams.flush();
    const error = await failureOf(streams.stream.readLine());
    expect(error).toBeInstanceOf(IncompleteReadError);
    expect(error).toHaveProperty("cause.name", "ConnectionClosedError");
  });

  test("after our own close, what had come can be read, and then null", async () => {
    const streams = connect();
    send(streams, "before");
    streams.stream.close();
    streams.peer.close();
    streams.flush();
    expect(await collect(streams.stream)).toBe("before");
    expect(await streams.stream.closed).toEqual({ kind: "done" });
  });

  test("a peer that has finished can still be written to", async () => {
    const streams = connect();
    send(streams, "question", "ends");
    expect(await collect(streams.stream)).toBe("question");
    streams.stream.write("answer");
    streams.stream.close();
    streams.flush();
    expect(await collect(streams.peer)).toBe("answer");
    expect(await streams.stream.closed).toEqual({ kind: "done" });
  });

  test("await using closes, and waits for the end", async () => {
    const streams = connect();
    const ended = (async () => {
      await using stream = streams.stream;
      stream.write("bye");
    })();
    streams.flush();
    expect(await collect(streams.peer)).toBe("bye");
    streams.peer.close();
    streams.flush();
    await ended;
    expect(await streams.stream.closed).toEqual({ kind: "done" });
  });
});

describe("StreamProtocol: what cannot be read is refused, and nothing is taken", () => {
  const CASES: readonly [string, (stream: StreamProtocol) => Promise<unknown>][] = [
    ["read(0)", (stream) => stream.read(0)],
    ["read(-1)", (stream) => stream.read(-1)],
    ["read(NaN)", (stream) => stream.read(Number.NaN)],
    ["readExactly(-1)", (stream) => stream.readExactly(-1)],
    ["readExactly(1.5)", (stream) => stream.readExactly(1.5)],
    ["readExactly(NaN)", (stream) => stream.readExactly(Number.NaN)],
    ["readExactly(Infinity)", (stream) => stream.readExactly(Number.POSITIVE_INFINITY)],
    ["an empty delimiter", (stream) => stream.readUntil("")],
    ["a maxLength of NaN", (stream) => stream.readUntil("\n", { maxLength: Number.NaN })],
    ["a maxLength of -1", (stream) => stream.readLine({ maxLength: -1 })],
  ];
  for (const [name, read] of CASES) {
    test(name, async () => {
      const streams = connect();
      send(streams, "abcdef");
      expect((await streams.stream.readExactly(2)).toString()).toBe("ab");
      expect(await failureOf(read(streams.stream))).toBeInstanceOf(RangeError);
      expect((await streams.stream.read())?.toString()).toBe("cdef");
    });
  }
});

describe("StreamProtocol: limits", () => {
  test("a line of exactly maxLength bytes is read, with CR LF too, in every chunking", async () => {
    for (const chunks of chunkings("12345\r\n6789\r\n12345\nabcde\r\r\n")) {
      const stream = new StreamProtocol();
      stream.makeConnection(new MemoryTransport());
      const lines = (async () => {
        const read: unknown[] = [];
        for (let count = 0; count < 3; count++) {
          read.push((await stream.readLine({ maxLength: 5 }))?.toString());
        }
        return [...read, await failureOf(stream.readLine({ maxLength: 5 }))];
      })();
      for (const chunk of chunks) stream.dataReceived(chunk);
      expect(await lines).toEqual(["12345", "6789", "12345", expect.any(FrameTooLongError)]);
      expect((await stream.readLine())?.toString()).toBe("abcde\r");
    }
  });

  test("a line that is too long is refused, and stays to be read", async () => {
    const streams = connect();
    send(streams, "12345\n123456\n");
    expect((await streams.stream.readLine({ maxLength: 5 }))?.toString()).toBe("12345");
    const error = await failureOf(streams.stream.readLine({ maxLength: 5 }));
    expect(error).toBeInstanceOf(FrameTooLongError);
    expect((await streams.stream.readLine())?.toString()).toBe("123456");
  });

  test("a line without an end is refused as soon as it is too long", async () => {
    const streams = connect();
    const line = streams.stream.readLine({ maxLength: 5 });
    send(streams, "123456");
    expect(await failureOf(line)).toBeInstanceOf(FrameTooLongError);
  });

  test("a peer whose data nobody reads has to wait, and goes on when it is read", async () => {
    const streams = connect();
    const bytes = 1_000_000;
    send(streams, "x".repeat(bytes), "ends");
    const { bytesReceived } = streams.stream.connection.stats;
    expect(bytesReceived).toBeGreaterThan(65_536);
    expect(bytesReceived).toBeLessThan(65_536 + 2 * 4096);
    let read = 0;
    for (
      let data = await streams.stream.read();
      data !== null;
      data = await streams.stream.read()
    ) {
      read += data.length;
      streams.flush();
    }
    expect(read).toBe(bytes);
  });

  test("drained waits for a peer that does not read", async () => {
    const { stream, peer, flush } = connect();
    const bytes = 300_000;
    stream.write("x".repeat(bytes));
    flush();
    const order: string[] = [];
    const drained = stream.drained().then(() => order.push("drained"));
    order.push("reading");
    stream.closeWrite();
    for (let data = await peer.read(); data !== null; data = await peer.read()) flush();
    await drained;
    expect(order).toEqual(["reading", "drained"]);
  });
});

describe("StreamProtocol: a lost connection while unread data has paused reading", () => {
  test("is told to one who waits to write", async () => {
    const streams = connect();
    send(streams, "x".repeat(200_000));
    streams.stream.write("y".repeat(200_000));
    streams.flush();
    const drained = failureOf(streams.stream.drained());
    streams.peer.connection.abortConnection();
    streams.flush();
    expect(await drained).toBeInstanceOf(ConnectionClosedError);
  });
});

describe("StreamProtocol: web streams", () => {
  test("readable gives what came, and ends", async () => {
    const streams = connect();
    const text = new Response(streams.stream.readable).text();
    send(streams, "one");
    send(streams, "two", "ends");
    expect(await text).toBe("onetwo");
  });

  test("readable reads nothing ahead: the peer waits", async () => {
    const streams = connect();
    const reader = streams.stream.readable.getReader();
    send(streams, "x".repeat(1_000_000));
    expect(streams.stream.connection.stats.bytesReceived).toBeLessThan(65_536 + 2 * 4096);
    expect((await reader.read()).value?.length).toBeGreaterThan(0);
  });

  test("readable fails when the connection is lost", async () => {
    const streams = connect();
    const reader = streams.stream.readable.getReader();
    streams.peer.connection.abortConnection();
    streams.flush();
    expect(await failureOf(reader.read())).toBeInstanceOf(ConnectionClosedError);
  });

  test("cancelling readable closes the connection", async () => {
    const streams = connect();
    await streams.stream.readable.cancel();
    streams.flush();
    expect(await streams.peer.read()).toBeNull();
  });

  test("what is written to writable is sent, and closing it ends our side alone", async () => {
    const streams = connect();
    const writer = streams.stream.writable.getWriter();
    await writer.write("text and ");
    await writer.write(Buffer.from("bytes"));
    await writer.close();
    streams.flush();
    expect(await collect(streams.peer)).toBe("text and bytes");
    send(streams, "still open");
    expect((await streams.stream.read())?.toString()).toBe("still open");
  });

  test("writable waits for a peer that does not read", async () => {
    const streams = connect();
    const writer = streams.stream.writable.getWriter();
    const chunk = "x".repeat(50_000);
    let written = 0;
    const all = (async () => {
      for (; written < 10; written++) await writer.write(chunk);
      await writer.close();
    })();
    await settle(streams);
    expect(written).toBeLessThan(5);
    let read = 0;
    for (let data = await streams.peer.read(); data !== null; data = await streams.peer.read()) {
      read += data.length;
      await settle(streams);
    }
    await all;
    expect([written, read]).toEqual([10, 500_000]);
  });

  test("writable fails after the connection was closed, and drops nothing silently", async () => {
    const { stream } = connect();
    const writer = stream.writable.getWriter();
    stream.close();
    expect(await failureOf(writer.write("lost"))).toBeInstanceOf(ConnectionClosedError);
    expect(await failureOf(writer.closed)).toBeInstanceOf(ConnectionClosedError);
  });

  test("writable sends a chunk that is larger than may wait", async () => {
    const streams = connect();
    streams.stream.connection.setWriteLimits({ high: 65_536, max: 200_000 });
    const writer = streams.stream.writable.getWriter();
    const sent = writer.write("x".repeat(1_000_000)).then(() => writer.close());
    await settle(streams);
    let read = 0;
    for (let data = await streams.peer.read(); data !== null; data = await streams.peer.read()) {
      read += data.length;
      await settle(streams);
    }
    await sent;
    expect(read).toBe(1_000_000);
  });

  test("writable fails after closeWrite, and drops nothing silently", async () => {
    const { stream } = connect();
    const writer = stream.writable.getWriter();
    stream.closeWrite();
    expect(await failureOf(writer.write("lost"))).toBeInstanceOf(ConnectionClosedError);
  });

  test("writable fails when the connection is lost, though nothing is written", async () => {
    const streams = connect();
    const writer = streams.stream.writable.getWriter();
    await writer.write("on its way");
    streams.peer.connection.abortConnection();
    streams.flush();
    expect(await failureOf(writer.closed)).toHaveProperty("reason.kind", "lost");
    expect(await failureOf(writer.close())).toBeDefined();
  });

  test("a pipe from one connection to another ends both when either is lost", async () => {
    for (const lost of ["from", "to"] as const) {
      const both = { from: connect(), to: connect() };
      const failure = failureOf(both.from.stream.readable.pipeTo(both.to.stream.writable));
      both[lost].peer.connection.abortConnection();
      await settle(both[lost]);
      expect(await failure).toHaveProperty("reason.kind", "lost");
      await settle(both.from);
      await settle(both.to);
      if (lost === "to") expect(await both.from.peer.read()).toBeNull();
      else expect(await both.to.stream.closed).toEqual({ kind: "aborted" });
    }
  });

  test("aborting writable aborts the connection", async () => {
    const { stream, peer, flush } = connect();
    await stream.writable.abort();
    flush();
    expect(await stream.closed).toEqual({ kind: "aborted" });
    expect(await failureOf(peer.read())).toBeInstanceOf(ConnectionClosedError);
  });
});

describe("StreamProtocol: aborting writable while a peer that does not read holds up a write", () => {
  test("aborts the connection at once", async () => {
    const streams = connect();
    streams.peer.connection.pauseProducing();
    const writer = streams.stream.writable.getWriter();
    const write = failureOf(writer.write("x".repeat(500_000)));
    await settle(streams);
    const aborted = writer.abort(new Error("enough"));
    await settle(streams);
    await aborted;
    expect(await write).toBeInstanceOf(ConnectionClosedError);
    expect(await streams.stream.closed).toEqual({ kind: "aborted" });
  });
});

describe("StreamProtocol: serving with a function", () => {
  test("the connection is closed when the function returns", async () => {
    const streams = connect(
      new StreamProtocol(async (stream) => {
        stream.write(`you said ${await stream.readLine()}`);
      }),
    );
    send(streams, "hi\n");
    await settle(streams);
    expect(await collect(streams.peer)).toBe("you said hi");
  });

  test("an error of the function ends the connection, with itself as the cause", async () => {
    const fault = new Error("cannot serve");
    const streams = connect(
      new StreamProtocol(async (stream) => {
        await stream.readLine();
        throw fault;
      }),
    );
    send(streams, "hi\n");
    await settle(streams);
    expect(await streams.stream.closed).toEqual({ kind: "lost", cause: fault });
    expect(streams.logger.errors).toEqual([fault]);
  });
});

describe("StreamProtocol: a connection that is lost while it is served", () => {
  for (const read of ["readLine", "read"] as const) {
    test(`ends ${read}, and is not reported as a fault of the function`, async () => {
      const streams = connect(
        new StreamProtocol(async (stream) => {
          while ((await stream[read]()) !== null) await stream.drained();
        }),
      );
      send(streams, "half a line");
      streams.peer.connection.abortConnection();
      await settle(streams);
      expect(await streams.stream.closed).toHaveProperty("kind", "lost");
      expect(streams.logger.errors).toEqual([]);
    });
  }

  test("ends the connection also when data that nobody reads has paused reading", async () => {
    const streams = connect(
      new StreamProtocol(async (stream) => {
        stream.write("y".repeat(200_000));
        await stream.drained();
      }),
    );
    streams.peer.connection.pauseProducing();
    send(streams, "x".repeat(200_000));
    streams.peer.connection.abortConnection();
    await settle(streams);
    expect(await streams.stream.closed).toHaveProperty("kind", "lost");
    expect(streams.logger.errors).toEqual([]);
  });
});

describe("StreamProtocol: another connection that is lost while this one is served", () => {
  test("ends this one too, with the error as the cause", async () => {
    const other = connect();
    const streams = connect(
      new StreamProtocol(async () => {
        await other.stream.readExactly(1);
      }),
    );
    other.peer.connection.abortConnection();
    await settle(other);
    await settle(streams);
    const cause = expect.any(IncompleteReadError);
    expect(await streams.stream.closed).toEqual({ kind: "lost", cause });
    expect(streams.logger.errors).toEqual([cause]);
  });
});

const REASONS: readonly CloseReason["kind"][] = ["done", "lost", "aborted"];

describe("StreamProtocol: closed", () => {
  for (const kind of REASONS) {
    test(`resolves with the reason ${kind}`, async () => {
      const { stream, peer, flush } = connect();
      if (kind === "done") {
        stream.close();
        peer.close();
      }
      if (kind === "lost") peer.connection.abortConnection();
      if (kind === "aborted") stream.connection.abortConnection();
      flush();
      expect((await stream.closed).kind).toBe(kind);
    });
  }
});
