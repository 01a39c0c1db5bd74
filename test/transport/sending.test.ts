import { describe, expect, test } from "bun:test";
import { ConnectionClosedError, SendBufferFullError } from "../../src/reactor/close-reason.ts";
import type { StreamTransport } from "../../src/reactor/stream-transport.ts";
import { noAction, RecordingProtocol } from "./recording-protocol.ts";
import { scripted } from "./scripted-driver.ts";

/** A producer that writes down what it is told. */
function recordingProducer() {
  const calls: string[] = [];
  return {
    calls,
    pauseProducing: () => void calls.push("pause"),
    resumeProducing: () => void calls.push("resume"),
    stopProducing: () => void calls.push("stop"),
  };
}

describe("StreamConnection.write", () => {
  test("buffered: what one callback writes leaves in one send at its end", () => {
    const protocol = new RecordingProtocol({
      dataReceived: (me) => {
        for (const letter of "abc") me.connection.write(letter);
        me.connection.writeSequence(["d", Buffer.from("e")]);
      },
    });
    const { driver, connection } = scripted(protocol);
    driver.events.received(Buffer.from("go"));
    expect(driver.sent.map(String)).toEqual(["abcde"]);
    expect(connection.stats).toEqual({ bytesReceived: 2, bytesSent: 5, sends: 1, shortSends: 0 });
  });

  test("buffered: outside of a callback it leaves soon after", () => {
    const { driver, connection, settle } = scripted(new RecordingProtocol());
    connection.write("a");
    connection.write("b");
    expect(driver.sent).toEqual([]);
    expect(connection.bufferedAmount).toBe(2);
    settle();
    expect(driver.sent.map(String)).toEqual(["ab"]);
    expect(connection.bufferedAmount).toBe(0);
  });

  test("immediate: every write is a send of its own", () => {
    const protocol = new RecordingProtocol({
      connectionMade: (me) => {
        for (const letter of "abc") me.connection.write(letter);
      },
    });
    const { driver } = scripted(protocol, { writeMode: "immediate" });
    expect(driver.sent.map(String)).toEqual(["a", "b", "c"]);
  });

  test("immediate: what the kernel does not take waits, and what follows waits behind it", () => {
    const made = scripted(new RecordingProtocol(), { writeMode: "immediate" }, (d) => {
      d.budget = 2;
    });
    expect(made.connection.write("abc")).toBe(true);
    made.connection.write("def");
    made.settle();
    expect(made.driver.sent.map(String)).toEqual(["ab"]);
    expect(made.connection.bufferedAmount).toBe(4);
    made.driver.accept(10);
    expect(Buffer.concat(made.driver.sent).toString()).toBe("abcdef");
  });

  test("above the high-water mark the kernel is asked at once, before anybody is stopped", () => {
    const protocol = new RecordingProtocol({ pauseWriting: noAction });
    const { driver, connection } = scripted(protocol);
    expect(connection.write(Buffer.alloc(200_000))).toBe(true);
    expect(driver.sentBytes).toBe(200_000);
    expect(protocol.events).toEqual(["connectionMade"]);
  });

  test("an empty chunk is nothing", () => {
    const { driver, connection, settle } = scripted(new RecordingProtocol());
    expect(connection.write("")).toBe(true);
    expect(connection.writeSequence([])).toBe(true);
    settle();
    expect(driver.sent).toEqual([]);
    expect(connection.stats.sends).toBe(0);
  });

  test("writable for no reason sends nothing", () => {
    const { driver, connection } = scripted(new RecordingProtocol());
    driver.events.writable();
    expect(connection.stats.sends).toBe(0);
  });
});

describe("StreamConnection: water marks", () => {
  test("exactly the high-water mark is allowed, one byte more is not", () => {
    const protocol = new RecordingProtocol({ pauseWriting: noAction, resumeWriting: noAction });
    const { driver, connection, settle } = scripted(protocol, {}, (d) => {
      d.budget = 0;
    });
    expect(connection.write(Buffer.alloc(65_536))).toBe(true);
    settle();
    expect(protocol.events).toEqual(["connectionMade"]);
    expect(connection.write("x")).toBe(false);
    expect(protocol.events).toEqual(["connectionMade", "pauseWriting"]);
    driver.accept(65_537 - 16_385);
    expect(protocol.events).toEqual(["connectionMade", "pauseWriting"]);
    driver.accept(1);
    expect(protocol.events).toEqual(["connectionMade", "pauseWriting", "resumeWriting"]);
  });

  test("a producer that comes when too much waits already is paused at once", () => {
    const { connection } = scripted(new RecordingProtocol(), {}, (d) => {
      d.budget = 0;
    });
    connection.write(Buffer.alloc(100_000));
    const producer = recordingProducer();
    connection.registerProducer(producer, true);
    expect(producer.calls).toEqual(["pause"]);
  });

  test("new limits take effect at once, in both directions", () => {
    const protocol = new RecordingProtocol({ pauseWriting: noAction, resumeWriting: noAction });
    const { connection, settle } = scripted(protocol, {}, (d) => {
      d.budget = 0;
    });
    connection.write(Buffer.alloc(1000));
    settle();
    connection.setWriteLimits({ high: 999, low: 0 });
    expect(protocol.events).toEqual(["connectionMade", "pauseWriting"]);
    connection.setWriteLimits({ high: 5000, low: 1000 });
    expect(protocol.events).toEqual(["connectionMade", "pauseWriting", "resumeWriting"]);
    expect(() => connection.setWriteLimits({ low: -1 })).toThrow(RangeError);
  });

  test("above the hard limit the connection is lost with SendBufferFullError", () => {
    const protocol = new RecordingProtocol();
    const limits = { low: 10, high: 100, max: 1000 };
    const { driver, connection, settle } = scripted(protocol, { writeLimits: limits }, (d) => {
      d.budget = 0;
    });
    connection.write(Buffer.alloc(1000));
    settle();
    expect(protocol.reason).toBeNull();
    expect(connection.write("x")).toBe(false);
    expect(connection.write("y")).toBe(false);
    settle();
    expect(driver.verbs).toEqual(["terminate"]);
    const { cause } = protocol.reason as unknown as { readonly cause: Error };
    expect(cause).toBeInstanceOf(SendBufferFullError);
    expect(cause.message).toBe(
      "1001 bytes wait to be sent to tcp 192.0.2.1:7, of 1000 allowed: write only while `write` " +
        "returns true, then wait for `drained()` or `resumeWriting`",
    );
  });

  for (const writeMode of ["buffered", "immediate"] as const) {
    test(`${writeMode}: what is written at once while there is room is taken whatever its size`, () => {
      const limits = { low: 10, high: 100, max: 1000 };
      const protocol = new RecordingProtocol();
      const options = { writeLimits: limits, writeMode };
      const { driver, connection, settle } = scripted(protocol, options, (d) => {
        d.budget = 0;
      });
      connection.write(Buffer.alloc(90));
      expect(connection.write(Buffer.alloc(50_000))).toBe(false);
      connection.loseConnection();
      settle();
      driver.accept(50_090);
      expect(driver.sentBytes).toBe(50_090);
      expect(driver.verbs).toEqual(["shutdown"]);
    });
  }

  test("a sequence counts as one write", () => {
    const limits = { low: 10, high: 100, max: 1000 };
    const protocol = new RecordingProtocol();
    const { driver, connection, settle } = scripted(protocol, { writeLimits: limits }, (d) => {
      d.budget = 0;
    });
    expect(connection.writeSequence([Buffer.alloc(900), Buffer.alloc(900), "end"])).toBe(false);
    settle();
    expect(protocol.reason).toBeNull();
    driver.accept(5_000);
    expect(Buffer.concat(driver.sent).subarray(1_800).toString()).toBe("end");
  });

  test("of a sequence with a chunk that cannot be written nothing is", () => {
    const { driver, connection, settle } = scripted(new RecordingProtocol());
    const chunks = ["one", Buffer.from("two"), 3] as unknown as string[];
    expect(() => connection.writeSequence(chunks)).toThrow("Cannot write number");
    expect(connection.bufferedAmount).toBe(0);
    settle();
    expect(driver.sentBytes).toBe(0);
  });

  test("one chunk above the hard limit is fine when the kernel takes enough of it", () => {
    const protocol = new RecordingProtocol();
    const limits = { low: 10, high: 100, max: 1000 };
    const { connection, settle } = scripted(protocol, { writeLimits: limits }, (d) => {
      d.budget = 500;
    });
    connection.write(Buffer.alloc(1500));
    settle();
    expect(protocol.reason).toBeNull();
    expect(connection.bufferedAmount).toBe(1000);
  });

  test("drained resolves for everybody who waits when writing may go on", async () => {
    const { driver, connection, settle } = scripted(new RecordingProtocol(), {}, (d) => {
      d.budget = 0;
    });
    await connection.drained();
    connection.write(Buffer.alloc(100_000));
    settle();
    const waiting = Promise.all([connection.drained(), connection.drained()]);
    driver.accept(100_000);
    expect(await waiting).toEqual([undefined, undefined]);
  });

  test("drained rejects with the reason when the connection ends first", async () => {
    const { connection, settle } = scripted(new RecordingProtocol(), {}, (d) => {
      d.budget = 0;
    });
    connection.write(Buffer.alloc(100_000));
    const waiting = connection.drained();
    connection.abortConnection();
    settle();
    await expect(waiting).rejects.toMatchObject({
      name: "ConnectionClosedError",
      reason: { kind: "aborted" },
    });
    await expect(connection.drained()).rejects.toBeInstanceOf(ConnectionClosedError);
  });

  const endings: readonly (readonly [string, (connection: StreamTransport) => void])[] = [
    ["loseConnection", (connection) => connection.loseConnection()],
    ["loseWriteConnection", (connection) => connection.loseWriteConnection()],
    ["the peer's end of stream", noAction],
  ];
  for (const [ending, end] of endings) {
    test(`after ${ending} drained waits for the end: a writer in a loop does not spin`, async () => {
      const { driver, connection, settle } = scripted(new RecordingProtocol());
      end(connection);
      if (ending.startsWith("the peer")) driver.events.readEnded();
      settle();
      let writes = 0;
      const writer = (async () => {
        for (; writes < 1_000; writes++) {
          if (!connection.write("x")) await connection.drained();
        }
      })();
      driver.events.closed();
      settle();
      await expect(writer).rejects.toMatchObject({ reason: { kind: "done" } });
      expect(writes).toBe(0);
    });
  }
});

describe("StreamConnection: a broken send", () => {
  test("a writer whose write is refused is paused, and drained waits for the end", async () => {
    const protocol = new RecordingProtocol({ pauseWriting: noAction, resumeWriting: noAction });
    const { driver, connection, settle } = scripted(protocol, { writeMode: "immediate" });
    driver.broken = true;
    expect(connection.write("x")).toBe(false);
    expect(connection.write("y")).toBe(false);
    const waiting = connection.drained();
    driver.events.closed();
    settle();
    await expect(waiting).rejects.toMatchObject({ reason: { kind: "lost" } });
    expect(protocol.events).toEqual(["connectionMade", "pauseWriting", "connectionLost"]);
  });

  test("the connection is lost when the socket ends, however clean that end looks", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, settle } = scripted(protocol);
    driver.broken = true;
    expect(connection.write("x")).toBe(true);
    settle();
    expect(connection.write("y")).toBe(false);
    driver.events.received(Buffer.from("sent before the reset"));
    driver.events.readEnded();
    driver.events.closed();
    settle();
    expect(protocol.received.toString()).toBe("sent before the reset");
    expect(protocol.reason).toMatchObject({ kind: "lost" });
    expect(driver.verbs).not.toContain("shutdown");
  });

  test("it is lost after the close timeout when the socket never says that it has ended", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, clock } = scripted(protocol);
    driver.broken = true;
    connection.write("x");
    clock.advance(5_000);
    expect(protocol.reason).toMatchObject({ kind: "lost" });
    expect(driver.verbs).toEqual(["terminate"]);
  });

  test("nobody is told to write on, and drained rejects", async () => {
    const protocol = new RecordingProtocol({ pauseWriting: noAction, resumeWriting: noAction });
    const { driver, connection, settle } = scripted(protocol, {}, (d) => {
      d.budget = 0;
    });
    const producer = recordingProducer();
    connection.registerProducer(producer, true);
    connection.write(Buffer.alloc(100_000));
    const waiting = connection.drained();
    driver.broken = true;
    driver.events.writable();
    driver.events.closed();
    settle();
    expect(producer.calls).toEqual(["pause", "stop"]);
    expect(protocol.events).toEqual(["connectionMade", "pauseWriting", "connectionLost"]);
    await expect(waiting).rejects.toBeInstanceOf(ConnectionClosedError);
  });

  test("a producer that is registered then is stopped at once, though the end is not told yet", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, settle } = scripted(protocol);
    connection.pauseProducing();
    driver.events.closed();
    settle();
    for (const streaming of [true, false]) {
      const producer = recordingProducer();
      connection.registerProducer(producer, streaming);
      settle();
      expect(producer.calls).toEqual(["stop"]);
    }
    expect(protocol.reason).toBeNull();
  });

  test("a fault that the driver reports is the cause, though the socket closes cleanly", () => {
    const protocol = new RecordingProtocol();
    const { driver } = scripted(protocol);
    const error = new Error("bad record");
    driver.events.failed(error);
    driver.events.closed();
    expect(protocol.reason).toEqual({ kind: "lost", cause: error });
  });
});

describe("StreamConnection: pull producers", () => {
  test("one that the kernel keeps up with lets others run in between", () => {
    const { connection, settle, driver } = scripted(new RecordingProtocol());
    const perTurn: number[] = [];
    let pulls = 0;
    connection.registerProducer(
      {
        resumeProducing: () => {
          connection.write("x");
          if (++pulls === 100) connection.unregisterProducer();
        },
        stopProducing: noAction,
      },
      false,
    );
    perTurn.push(pulls);
    settle();
    perTurn.push(pulls);
    expect(perTurn).toEqual([0, 100]);
    expect(driver.sent.length).toBe(100);
  });

  test("one that had nothing to write is asked again after its next piece has left", () => {
    const { connection, settle } = scripted(new RecordingProtocol());
    const calls: string[] = [];
    connection.registerProducer(
      { resumeProducing: () => void calls.push("resume"), stopProducing: noAction },
      false,
    );
    settle();
    expect(calls).toEqual(["resume"]);
    connection.write("its next piece");
    settle();
    expect(calls).toEqual(["resume", "resume"]);
  });
});
