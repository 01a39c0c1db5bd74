/** Faults of our own that hostile schedules have found, each without the schedule. */
import { describe, expect, test } from "bun:test";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import { scripted } from "../transport/scripted-driver.ts";

describe("StreamConnection", () => {
  test("limits that are changed after the end resume nobody", () => {
    const protocol = new RecordingProtocol({ pauseWriting: noAction, resumeWriting: noAction });
    const { connection, settle } = scripted(protocol, {}, (driver) => {
      driver.budget = 0;
    });
    connection.setWriteLimits({ low: 1, high: 2 });
    connection.write("more than two");
    connection.abortConnection();
    settle();
    connection.setWriteLimits({ low: 1_000, high: 2_000 });
    settle();
    expect(protocol.events).toEqual(["connectionMade", "pauseWriting", "connectionLost"]);
  });

  test("what came behind answers that pile up is delivered before a reset is reported", () => {
    const protocol = new RecordingProtocol({
      dataReceived: (me, data) => me.connection.write(data),
    });
    const { connection, driver, settle } = scripted(protocol, {}, (it) => {
      it.budget = 0;
    });
    connection.setWriteLimits({ low: 1, high: 2 });
    driver.events.received(Buffer.from("answered "));
    driver.events.received(Buffer.from("and then some"));
    settle();
    expect(protocol.received.toString()).toBe("answered ");
    driver.events.closed(new Error("Connection reset by peer"));
    settle();
    expect(protocol.received.toString()).toBe("answered and then some");
    expect(protocol.reason?.kind).toBe("lost");
  });

  test("a reset that a send has met waits, with the data before it, for a paused protocol", () => {
    for (const actions of [{}, { readConnectionLost: noAction }]) {
      const protocol = new RecordingProtocol(actions);
      const { connection, driver, settle } = scripted(protocol);
      connection.pauseProducing();
      driver.broken = true;
      connection.write("into the void");
      settle();
      // So the runtime reports a reset after a failed send: as if it were the end of the stream.
      driver.events.received(Buffer.from("last words"));
      driver.events.readEnded();
      driver.events.closed();
      settle();
      expect(protocol.events).toEqual(["connectionMade"]);
      connection.resumeProducing();
      settle();
      expect(protocol.received.toString()).toBe("last words");
      expect(protocol.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
      expect(protocol.reason?.kind).toBe("lost");
    }
  });

  test("a close without a timeout that waits for a producer does not wait busily", () => {
    const { connection, clock } = scripted(new RecordingProtocol());
    const producer = {
      resumeProducing: noAction,
      pauseProducing: noAction,
      stopProducing: noAction,
    };
    connection.registerProducer(producer, true);
    connection.loseConnection({ timeoutMs: 0 });
    let looks = 0;
    for (const end = clock.now() + 1_000; clock.now() < end && looks < 1_000; looks++) {
      clock.advanceToNext();
    }
    expect(looks).toBeLessThan(20);
    expect(connection.state).toMatchObject({ input: "discarded", output: "ending" });
  });
});
