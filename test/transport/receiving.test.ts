import { describe, expect, test } from "bun:test";
import { MAX_DELIVERED_BYTES } from "../../src/transport/receiving-connection.ts";
import { noAction, RecordingProtocol } from "./recording-protocol.ts";
import { scripted } from "./scripted-driver.ts";

function echo(): RecordingProtocol {
  return new RecordingProtocol({ dataReceived: (me, data) => me.connection.write(data) });
}

describe("StreamConnection.pauseProducing", () => {
  test("the socket is paused and resumed once, however often it is asked", () => {
    const { driver, connection, settle } = scripted(new RecordingProtocol());
    connection.resumeProducing();
    connection.pauseProducing();
    connection.pauseProducing();
    connection.resumeProducing();
    connection.resumeProducing();
    settle();
    expect(driver.verbs).toEqual(["pause", "resume"]);
  });

  test("bytes and a reset that come all the same are kept for resume", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, settle } = scripted(protocol);
    connection.pauseProducing();
    driver.events.received(Buffer.from("last "));
    driver.events.received(Buffer.from("words"));
    const error = new Error("reset");
    driver.events.closed(error);
    settle();
    expect(protocol.events).toEqual(["connectionMade"]);
    connection.resumeProducing();
    expect(protocol.events).toEqual(["connectionMade"]);
    settle();
    expect(protocol.received.toString()).toBe("last words");
    expect(protocol.reason).toEqual({ kind: "lost", cause: error });
    expect(protocol.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
  });

  test("pausing again in the middle of what was kept keeps the rest and the end", () => {
    const protocol = new RecordingProtocol({
      dataReceived: (me) => me.connection.pauseProducing(),
    });
    const { driver, connection, settle } = scripted(protocol);
    connection.pauseProducing();
    for (const letter of ["a", "b", "c"]) driver.events.received(Buffer.from(letter));
    driver.events.closed(new Error("reset"));
    const seen: string[] = [];
    for (let round = 0; round < 4; round++) {
      connection.resumeProducing();
      settle();
      seen.push(`${protocol.received} ${protocol.reason?.kind ?? "connected"}`);
    }
    expect(seen).toEqual(["a connected", "ab connected", "abc connected", "abc lost"]);
  });

  test("nothing of what was kept is delivered after the protocol has ended the connection", () => {
    for (const end of [
      (me: RecordingProtocol) => me.connection.abortConnection(),
      (me: RecordingProtocol) => me.connection.loseConnection(),
      () => {
        throw new Error("bad data");
      },
    ]) {
      const protocol = new RecordingProtocol({ dataReceived: end });
      const { driver, connection, settle } = scripted(protocol);
      connection.pauseProducing();
      driver.events.received(Buffer.from("a"));
      driver.events.received(Buffer.from("b"));
      connection.resumeProducing();
      settle();
      expect(protocol.received.toString()).toBe("a");
    }
  });

  test("who reads on only once it may write again hears of the end", () => {
    const protocol = new RecordingProtocol({
      pauseWriting: (me) => me.connection.pauseProducing(),
      resumeWriting: (me) => me.connection.resumeProducing(),
    });
    const { driver, connection, settle } = scripted(protocol);
    driver.budget = 0;
    connection.write(Buffer.alloc(100_000));
    driver.events.received(Buffer.from("last words"));
    const error = new Error("reset");
    driver.events.closed(error);
    settle();
    expect(protocol.reason).toEqual({ kind: "lost", cause: error });
    expect(protocol.events.slice(1)).toEqual([
      "pauseWriting",
      "resumeWriting",
      "dataReceived",
      "connectionLost",
    ]);
    expect(connection.write("too late")).toBe(false);
  });

  test("who stops reading when a write is refused hears of all that came, and of the end", () => {
    const protocol = new RecordingProtocol({
      dataReceived: (me, data) => {
        if (!me.connection.write(data)) me.connection.pauseProducing();
      },
      resumeWriting: (me) => me.connection.resumeProducing(),
    });
    const { driver, connection, settle } = scripted(protocol, { writeMode: "immediate" });
    driver.broken = true;
    for (const piece of ["one ", "two ", "three"]) driver.events.received(Buffer.from(piece));
    driver.events.closed();
    settle();
    expect(protocol.received.toString()).toBe("one two three");
    expect(protocol.reason).toMatchObject({ kind: "lost" });
    expect(connection.bufferedAmount).toBe(0);
  });

  for (const writeMode of ["buffered", "immediate"] as const) {
    test(`${writeMode}: a paused writer hears of a broken send, though the socket says nothing`, () => {
      const protocol = new RecordingProtocol({
        pauseWriting: noAction,
        resumeWriting: (me) => me.connection.resumeProducing(),
      });
      const { driver, connection, settle } = scripted(protocol, { writeMode });
      connection.pauseProducing();
      driver.broken = true;
      expect(connection.write(Buffer.alloc(100_000))).toBe(false);
      settle();
      expect(protocol.events).toEqual(["connectionMade", "pauseWriting", "resumeWriting"]);
      expect(driver.verbs).toEqual(["pause", "resume"]);
      driver.events.received(Buffer.from("last words"));
      driver.events.closed();
      settle();
      expect(protocol.received.toString()).toBe("last words");
      expect(protocol.reason).toMatchObject({ kind: "lost" });
    });

    test(`${writeMode}: answers that a broken send drops do not hold reading`, () => {
      const protocol = new RecordingProtocol({
        dataReceived: (me, data) => me.connection.write(data),
      });
      const { driver, settle } = scripted(protocol, { writeMode });
      driver.budget = 0;
      driver.events.received(Buffer.alloc(100_000));
      settle();
      driver.broken = true;
      driver.events.writable();
      settle();
      expect(driver.verbs).toEqual(["pause", "resume"]);
      driver.events.received(Buffer.alloc(100_000));
      settle();
      driver.events.closed();
      settle();
      expect(protocol.receivedBytes).toBe(200_000);
      expect(protocol.reason).toMatchObject({ kind: "lost" });
    });
  }

  test("long answers to the requests of one large read wait for each other, and none is lost", () => {
    const protocol = new RecordingProtocol({
      dataReceived: (me, data) => me.connection.write(Buffer.alloc(data.length * 200)),
    });
    const { driver, connection, settle } = scripted(protocol);
    driver.budget = 0;
    driver.events.received(Buffer.alloc(524_288));
    settle();
    expect(connection.bufferedAmount).toBe(MAX_DELIVERED_BYTES * 200);
    driver.accept(Number.POSITIVE_INFINITY);
    settle();
    expect(protocol.receivedBytes).toBe(524_288);
    expect(driver.sentBytes).toBe(524_288 * 200);
    expect(protocol.reason).toBeNull();
  });

  for (const readBytes of [131_072, 300_001, 524_288]) {
    test(`what answers one read of ${readBytes} bytes and does not pile up leaves in one send`, () => {
      const { driver, connection } = scripted(echo());
      const read = Buffer.alloc(readBytes, "echo");
      driver.events.received(read);
      expect(Buffer.concat(driver.sent).equals(read)).toBe(true);
      expect(connection.stats.sends).toBe(1);
    });
  }

  test("of answers that pile up no more are asked for than the kernel takes", () => {
    const protocol = echo();
    const { driver, connection } = scripted(protocol);
    driver.budget = 100_000;
    driver.events.received(Buffer.alloc(524_288));
    expect(connection.bufferedAmount).toBe(524_288 - 100_000);
    expect(driver.verbs).toEqual(["pause"]);
    driver.events.received(Buffer.alloc(524_288));
    expect(protocol.receivedBytes).toBe(524_288);
    driver.accept(Number.POSITIVE_INFINITY);
    expect(protocol.receivedBytes).toBe(1_048_576);
    expect(driver.sentBytes).toBe(1_048_576);
  });

  test("a write in the middle of one read says when the high-water mark is passed", () => {
    const taken: boolean[] = [];
    const protocol = new RecordingProtocol({
      dataReceived: (me, data) => taken.push(me.connection.write(data)),
    });
    const { driver } = scripted(protocol);
    driver.events.received(Buffer.alloc(4 * MAX_DELIVERED_BYTES));
    expect(taken).toEqual([true, false, false, false]);
  });

  test("pausing in readConnectionLost after our own end holds connectionLost", () => {
    const protocol = new RecordingProtocol({
      readConnectionLost: (me) => me.connection.pauseProducing(),
    });
    const { driver, connection, settle } = scripted(protocol);
    connection.loseWriteConnection();
    settle();
    driver.events.closed();
    settle();
    expect(protocol.events).toEqual(["connectionMade", "readConnectionLost"]);
    connection.resumeProducing();
    settle();
    expect(protocol.events).toEqual(["connectionMade", "readConnectionLost", "connectionLost"]);
    expect(protocol.reason).toEqual({ kind: "done" });
  });

  test("a callback that awaited drained in vain is no failure: the rest follows, and the end", async () => {
    const answered = Promise.withResolvers<void>();
    const protocol = new RecordingProtocol({
      dataReceived: async (me, data) => {
        me.connection.pauseProducing();
        await answered.promise;
        me.connection.write(data);
        await me.connection.drained();
        me.connection.resumeProducing();
      },
    });
    const { driver, logger, settle } = scripted(protocol);
    for (const piece of ["one ", "two ", "three"]) driver.events.received(Buffer.from(piece));
    const error = new Error("reset");
    driver.events.closed(error);
    answered.resolve();
    for (let round = 0; round < 20; round++) {
      await Promise.resolve();
      settle();
    }
    expect(protocol.received.toString()).toBe("one two three");
    expect(protocol.reason).toEqual({ kind: "lost", cause: error });
    expect(logger.reports).toEqual([]);
  });

  test("who pauses again when its backlog is refused hears of all that came, and of the end", () => {
    let rounds = 0;
    const pump = (me: RecordingProtocol) => {
      if (!me.connection.write("backlog")) me.connection.pauseProducing();
    };
    const protocol = new RecordingProtocol({
      dataReceived: pump,
      resumeWriting: (me) => {
        if (++rounds > 10) throw new Error("told again and again");
        me.connection.resumeProducing();
        pump(me);
      },
    });
    const { driver, connection, logger, settle } = scripted(protocol);
    driver.budget = 0;
    connection.write(Buffer.alloc(100_000));
    connection.pauseProducing();
    for (const piece of ["one ", "two ", "three"]) driver.events.received(Buffer.from(piece));
    const error = new Error("reset");
    driver.events.closed(error);
    settle();
    expect(protocol.received.toString()).toBe("one two three");
    expect(protocol.reason).toEqual({ kind: "lost", cause: error });
    expect(logger.reports).toEqual([]);
  });

  test("a write that is refused later is followed by resumeWriting too", () => {
    const protocol = new RecordingProtocol({ resumeWriting: noAction });
    const { driver, connection, settle } = scripted(protocol);
    connection.pauseProducing();
    driver.events.closed(new Error("reset"));
    settle();
    expect(connection.write("a tick")).toBe(false);
    settle();
    expect(connection.write("another")).toBe(false);
    settle();
    expect(protocol.events).toEqual(["connectionMade", "resumeWriting", "resumeWriting"]);
  });

  test("who writes without end whenever it may, and does not read, is asked but once", () => {
    let rounds = 0;
    const protocol = new RecordingProtocol({
      connectionMade: (me) => me.connection.pauseProducing(),
      resumeWriting: (me) => {
        rounds++;
        while (me.connection.write("again")) continue;
      },
    });
    const { driver, connection, settle } = scripted(protocol);
    driver.budget = 0;
    connection.write(Buffer.alloc(100_000));
    settle();
    driver.events.closed();
    settle();
    expect(rounds).toBe(1);
    expect(protocol.reason).toBeNull();
    connection.resumeProducing();
    settle();
    expect(protocol.reason).toMatchObject({ kind: "lost" });
  });

  for (const aware of [true, false]) {
    const name = aware ? "a half-close aware protocol" : "any other protocol";
    test(`${name} hears of an end of stream only after what was kept`, () => {
      const protocol = new RecordingProtocol(aware ? { readConnectionLost: noAction } : {});
      const { driver, connection, settle } = scripted(protocol);
      connection.pauseProducing();
      driver.events.received(Buffer.from("last words"));
      driver.events.readEnded();
      settle();
      expect(connection.write("still heard")).toBe(true);
      settle();
      expect(driver.sent.map(String)).toEqual(["still heard"]);
      expect(driver.verbs).toEqual(["pause"]);
      connection.resumeProducing();
      settle();
      const told = aware ? ["dataReceived", "readConnectionLost"] : ["dataReceived"];
      expect(protocol.events).toEqual(["connectionMade", ...told]);
      expect(driver.verbs).toEqual(aware ? ["pause", "resume"] : ["pause", "resume", "shutdown"]);
    });
  }

  test("abortConnection while an end is kept wins over it", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, settle } = scripted(protocol);
    connection.pauseProducing();
    driver.events.closed(new Error("reset"));
    connection.abortConnection();
    settle();
    connection.resumeProducing();
    settle();
    expect(protocol.events).toEqual(["connectionMade", "connectionLost"]);
    expect(protocol.reason).toEqual({ kind: "aborted" });
  });

  test("a failing write does not report a kept end before its time", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, clock, settle } = scripted(protocol);
    connection.pauseProducing();
    driver.events.received(Buffer.from("last words"));
    driver.events.closed(new Error("reset"));
    driver.broken = true;
    connection.write("too late");
    settle();
    clock.advance(60_000);
    expect(protocol.events).toEqual(["connectionMade"]);
    connection.resumeProducing();
    settle();
    expect(protocol.received.toString()).toBe("last words");
    expect(protocol.reason?.kind).toBe("lost");
  });

  test("a write that finds the socket broken is reported only after resume", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, clock, settle } = scripted(protocol);
    connection.pauseProducing();
    driver.broken = true;
    connection.write("too late");
    settle();
    clock.advance(60_000);
    expect(protocol.events).toEqual(["connectionMade"]);
    connection.resumeProducing();
    settle();
    clock.advance(60_000);
    expect(protocol.reason?.kind).toBe("lost");
  });

  test("loseConnection while an end is kept reports that end", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, settle } = scripted(protocol);
    const error = new Error("reset");
    connection.pauseProducing();
    driver.events.received(Buffer.from("dropped"));
    driver.events.closed(error);
    connection.loseConnection();
    settle();
    expect(protocol.events).toEqual(["connectionMade", "connectionLost"]);
    expect(protocol.reason).toEqual({ kind: "lost", cause: error });
  });
});

describe("StreamConnection: answers that pile up", () => {
  test("reading stops above the high-water mark and goes on below the low one", () => {
    const { driver } = scripted(echo(), {}, (d) => {
      d.budget = 0;
    });
    driver.events.received(Buffer.alloc(60_000));
    expect(driver.verbs).toEqual([]);
    driver.events.received(Buffer.alloc(10_000));
    expect(driver.verbs).toEqual(["pause"]);
    driver.accept(50_000);
    expect(driver.verbs).toEqual(["pause"]);
    driver.accept(4_000);
    expect(driver.verbs).toEqual(["pause", "resume"]);
  });

  test("a protocol that minds the water marks itself is not paused", () => {
    const protocol = new RecordingProtocol({
      dataReceived: (me, data) => me.connection.write(data),
      pauseWriting: noAction,
    });
    const { driver } = scripted(protocol, {}, (d) => {
      d.budget = 0;
    });
    driver.events.received(Buffer.alloc(100_000));
    expect(protocol.events).toContain("pauseWriting");
    expect(driver.verbs).toEqual([]);
  });

  test("what was written outside of dataReceived stops nobody from reading", () => {
    const { driver, connection, settle } = scripted(new RecordingProtocol(), {}, (d) => {
      d.budget = 0;
    });
    connection.write(Buffer.alloc(100_000));
    settle();
    driver.events.received(Buffer.from("goes on"));
    expect(driver.verbs).toEqual([]);
  });

  test("a pause of the protocol's own outlasts it", () => {
    const protocol = echo();
    const { driver, connection, settle } = scripted(protocol, {}, (d) => {
      d.budget = 0;
    });
    driver.events.received(Buffer.alloc(100_000));
    connection.pauseProducing();
    driver.accept(100_000);
    settle();
    expect(driver.verbs).toEqual(["pause"]);
    connection.resumeProducing();
    settle();
    expect(driver.verbs).toEqual(["pause", "resume"]);
  });

  test("the end of the socket is reported although answers still wait", () => {
    const protocol = echo();
    const { driver, settle } = scripted(protocol, {}, (d) => {
      d.budget = 0;
    });
    driver.events.received(Buffer.alloc(100_000));
    driver.events.closed(new Error("reset"));
    settle();
    expect(protocol.reason).toMatchObject({ kind: "lost", cause: { message: "reset" } });
  });
});
