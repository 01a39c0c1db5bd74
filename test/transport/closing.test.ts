import { describe, expect, test } from "bun:test";
import { noAction, RecordingProtocol } from "./recording-protocol.ts";
import { scripted } from "./scripted-driver.ts";

const producer = { pauseProducing: noAction, resumeProducing: noAction, stopProducing: noAction };

describe("StreamConnection.loseConnection", () => {
  test("the end of stream follows the last byte, and then the peer is waited for", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, settle } = scripted(protocol, {}, (d) => {
      d.budget = 4;
    });
    connection.write("abcdef");
    connection.loseConnection();
    settle();
    expect(driver.verbs).toEqual([]);
    driver.accept(2);
    expect(Buffer.concat(driver.sent).toString()).toBe("abcdef");
    expect(driver.verbs).toEqual(["shutdown"]);
    expect(connection.state).toMatchObject({ input: "discarded", output: "ended" });
    expect(protocol.reason).toBeNull();
    driver.events.closed();
    expect(protocol.reason).toEqual({ kind: "done" });
    expect(connection.state.phase).toBe("over");
  });

  test("inside a callback nothing is sent before the callback has returned", () => {
    const sends: number[] = [];
    const protocol = new RecordingProtocol({
      dataReceived: (me) => {
        me.connection.write("a");
        me.connection.loseConnection();
        me.connection.write("dropped");
        sends.push(made.driver.sentBytes);
      },
    });
    const made = scripted(protocol);
    made.driver.events.received(Buffer.from("x"));
    expect(sends).toEqual([0]);
    expect(Buffer.concat(made.driver.sent).toString()).toBe("a");
    expect(made.driver.verbs).toEqual(["shutdown"]);
  });

  test("a second call and a later loseWriteConnection change nothing", () => {
    const { driver, connection, settle } = scripted(new RecordingProtocol());
    connection.loseConnection();
    connection.loseConnection();
    connection.loseWriteConnection();
    settle();
    connection.loseConnection();
    settle();
    expect(driver.verbs).toEqual(["shutdown"]);
  });

  test("what comes in meanwhile is counted and discarded", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, settle } = scripted(protocol);
    connection.loseConnection();
    settle();
    driver.events.received(Buffer.from("ignored"));
    expect(protocol.events).toEqual(["connectionMade"]);
    expect(connection.stats.bytesReceived).toBe(7);
  });

  test("a paused connection reads again, so that the peer's end is seen", () => {
    const { driver, connection, settle } = scripted(new RecordingProtocol());
    connection.pauseProducing();
    connection.loseConnection();
    settle();
    connection.pauseProducing();
    expect(driver.verbs).toEqual(["pause", "resume", "shutdown"]);
  });

  test("it waits for a producer, which may write until it unregisters", () => {
    const { driver, connection, clock, settle } = scripted(new RecordingProtocol());
    connection.registerProducer(producer, true);
    connection.loseConnection();
    clock.advance(60_000);
    expect(connection.write("tail")).toBe(true);
    connection.unregisterProducer();
    expect(connection.write("dropped")).toBe(false);
    settle();
    expect(Buffer.concat(driver.sent).toString()).toBe("tail");
    expect(driver.verbs).toEqual(["shutdown"]);
  });

  test("the peer's bytes left unsent make the reason lost, not done", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, settle } = scripted(protocol, {}, (d) => {
      d.budget = 0;
    });
    connection.write("never sent");
    connection.loseConnection();
    settle();
    driver.events.closed();
    expect(protocol.reason).toMatchObject({ kind: "lost" });
    expect(String((protocol.reason as { cause?: Error }).cause)).toContain("10 bytes");
  });
});

describe("StreamConnection: the close timeout", () => {
  for (const unacknowledgedBytes of [0, null]) {
    const known = unacknowledgedBytes === 0 ? "has all we sent" : "may have all we sent";
    test(`a peer that ${known} and never closes is left after 5 seconds, not reset`, () => {
      const protocol = new RecordingProtocol();
      const { driver, connection, clock } = scripted(protocol);
      driver.unacknowledgedBytes = unacknowledgedBytes;
      connection.loseConnection();
      clock.advance(4_999);
      expect(protocol.reason).toBeNull();
      clock.advance(1);
      expect(driver.verbs).toEqual(["shutdown", "close"]);
      expect(protocol.reason).toEqual({ kind: "aborted" });
      expect(clock.pending).toBe(0);
    });
  }

  test("a peer that acknowledges nothing of what the kernel has taken is reset", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, clock } = scripted(protocol);
    driver.unacknowledgedBytes = 0;
    connection.write(Buffer.alloc(1_000));
    connection.loseConnection();
    driver.unacknowledgedBytes = 1_001;
    clock.advance(5_000);
    expect(driver.verbs).toEqual(["shutdown", "terminate"]);
    expect(protocol.reason).toEqual({ kind: "aborted" });
  });

  test("it counts from the last byte that the peer acknowledged, long after our end left", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, clock } = scripted(protocol, { closeTimeoutMs: 100 });
    connection.write(Buffer.alloc(1_000));
    connection.loseConnection();
    for (driver.unacknowledgedBytes = 1_000; driver.unacknowledgedBytes > 900;) {
      clock.advance(90);
      driver.unacknowledgedBytes--;
    }
    expect(protocol.reason).toBeNull();
    expect(driver.verbs).toEqual(["shutdown"]);
    clock.advance(200);
    expect(driver.verbs).toEqual(["shutdown", "terminate"]);
  });

  test("each connection may have its own, and each call too", () => {
    const first = new RecordingProtocol();
    const one = scripted(first, { closeTimeoutMs: 100 });
    one.connection.loseConnection();
    one.clock.advance(100);
    expect(first.reason).toEqual({ kind: "aborted" });
    const second = new RecordingProtocol();
    const two = scripted(second, { closeTimeoutMs: 100 });
    two.connection.loseConnection({ timeoutMs: 20 });
    two.clock.advance(20);
    expect(second.reason).toEqual({ kind: "aborted" });
  });

  test("a later call may shorten it", () => {
    const protocol = new RecordingProtocol();
    const { connection, clock } = scripted(protocol);
    connection.loseConnection();
    clock.advance(1_000);
    connection.loseConnection({ timeoutMs: 10 });
    clock.advance(10);
    expect(protocol.reason).toEqual({ kind: "aborted" });
  });

  test("it counts from the last byte that the peer took", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, clock } = scripted(protocol, { closeTimeoutMs: 100 }, (d) => {
      d.budget = 0;
    });
    connection.write(Buffer.alloc(5));
    connection.loseConnection();
    for (let step = 0; step < 4; step++) {
      clock.advance(90);
      driver.accept(1);
    }
    expect(protocol.reason).toBeNull();
    clock.advance(200);
    expect(protocol.reason).toEqual({ kind: "aborted" });
  });

  test("no timer is left when the peer closes in time", () => {
    const { driver, connection, clock, settle } = scripted(new RecordingProtocol());
    connection.loseConnection();
    settle();
    driver.events.closed();
    expect(clock.pending).toBe(0);
  });
});

describe("StreamConnection.abortConnection", () => {
  test("the socket is reset at once, connectionLost comes after the caller has returned", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, settle } = scripted(protocol);
    protocol.calling(() => connection.abortConnection());
    expect(driver.verbs).toEqual(["terminate"]);
    expect(protocol.events).toEqual(["connectionMade"]);
    settle();
    expect(protocol.events).toEqual(["connectionMade", "connectionLost"]);
    expect(protocol.reason).toEqual({ kind: "aborted" });
  });

  test("it wins over a close under way, and drops what waits", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, clock, settle } = scripted(protocol, {}, (d) => {
      d.budget = 0;
    });
    connection.write("dropped");
    connection.loseConnection();
    connection.abortConnection();
    settle();
    expect(protocol.reason).toEqual({ kind: "aborted" });
    expect(driver.sent).toEqual([]);
    expect(connection.bufferedAmount).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("the connection leaves its owner's books after connectionLost", () => {
    const sizes: number[] = [];
    const protocol = new RecordingProtocol({
      connectionLost: () => sizes.push(made.connections.all.size),
    });
    const made = scripted(protocol);
    made.connection.abortConnection();
    made.settle();
    expect(sizes).toEqual([1]);
    expect(made.connections.all.size).toBe(0);
  });
});

describe("StreamConnection: half-close", () => {
  test("without readConnectionLost the peer's end flushes and closes", () => {
    const protocol = new RecordingProtocol({ dataReceived: (me) => me.connection.write("answer") });
    const { driver } = scripted(protocol, {}, (d) => {
      d.budget = 3;
      d.peerClosesToo = true;
    });
    driver.events.received(Buffer.from("question"));
    driver.events.readEnded();
    expect(driver.verbs).toEqual([]);
    driver.accept(3);
    expect(Buffer.concat(driver.sent).toString()).toBe("answer");
    expect(driver.verbs).toEqual(["shutdown"]);
    expect(protocol.reason).toEqual({ kind: "done" });
  });

  test("with it the protocol goes on, until it closes its own side", () => {
    const protocol = new RecordingProtocol({
      readConnectionLost: noAction,
      writeConnectionLost: noAction,
    });
    const { driver, connection, settle } = scripted(protocol, {}, (d) => {
      d.peerClosesToo = true;
    });
    driver.events.readEnded();
    expect(connection.write("more")).toBe(true);
    connection.loseWriteConnection();
    settle();
    expect(protocol.events).toEqual([
      "connectionMade",
      "readConnectionLost",
      "writeConnectionLost",
      "connectionLost",
    ]);
    expect(protocol.reason).toEqual({ kind: "done" });
  });

  test("after our own end the peer's is readConnectionLost, right before connectionLost", () => {
    const protocol = new RecordingProtocol({
      readConnectionLost: noAction,
      writeConnectionLost: noAction,
    });
    const { driver, connection, settle } = scripted(protocol);
    connection.loseWriteConnection();
    settle();
    driver.events.received(Buffer.from("still reading"));
    driver.events.closed();
    expect(protocol.events).toEqual([
      "connectionMade",
      "writeConnectionLost",
      "dataReceived",
      "readConnectionLost",
      "connectionLost",
    ]);
  });

  test("the peer's end while ours is being flushed is told, and closes", () => {
    const protocol = new RecordingProtocol({
      readConnectionLost: noAction,
      writeConnectionLost: noAction,
    });
    const { driver, connection, settle } = scripted(protocol, {}, (d) => {
      d.budget = 0;
      d.peerClosesToo = true;
    });
    connection.write("x");
    connection.loseWriteConnection();
    settle();
    driver.events.readEnded();
    driver.accept(1);
    expect(protocol.events).toEqual([
      "connectionMade",
      "readConnectionLost",
      "writeConnectionLost",
      "connectionLost",
    ]);
  });

  test("loseConnection after our own end waits for the peer and delivers nothing more", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, clock, settle } = scripted(protocol);
    connection.loseWriteConnection();
    settle();
    connection.loseConnection({ timeoutMs: 50 });
    driver.events.received(Buffer.from("ignored"));
    expect(connection.state).toMatchObject({ input: "discarded", output: "ended" });
    clock.advance(50);
    expect(protocol.events).toEqual(["connectionMade", "connectionLost"]);
    expect(driver.verbs).toEqual(["shutdown", "close"]);
  });
});
