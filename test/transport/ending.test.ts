import { describe, expect, test } from "bun:test";
import { noAction, RecordingProtocol } from "./recording-protocol.ts";
import { scripted } from "./scripted-driver.ts";

describe("StreamTransport.disconnecting", () => {
  test("is false while anything may be delivered, half-closed or not", () => {
    const protocol = new RecordingProtocol({ readConnectionLost: noAction });
    const { driver, connection, settle } = scripted(protocol);
    expect(connection.disconnecting).toBe(false);
    connection.loseWriteConnection();
    settle();
    expect(connection.disconnecting).toBe(false);
    driver.events.closed();
    settle();
    expect(connection.disconnecting).toBe(true);
  });

  test("is true from loseConnection or abortConnection on, inside the callback too", () => {
    for (const end of ["loseConnection", "abortConnection"] as const) {
      const seen: boolean[] = [];
      const protocol = new RecordingProtocol({
        dataReceived: (me) => {
          me.connection[end]();
          seen.push(me.connection.disconnecting);
        },
      });
      const { driver, settle } = scripted(protocol);
      driver.events.received(Buffer.from("x"));
      settle();
      expect(seen).toEqual([true]);
    }
  });
});

describe("StreamTransport.abortConnection with a cause", () => {
  test("the connection is lost with it, and it is logged", () => {
    const protocol = new RecordingProtocol();
    const { driver, connection, logger, settle } = scripted(protocol);
    const cause = new Error("the other side of the gateway is gone");
    connection.abortConnection(cause);
    settle();
    expect(protocol.reason).toEqual({ kind: "lost", cause });
    expect(driver.verbs).toEqual(["terminate"]);
    expect(logger.reports.length).toBe(1);
  });

  test("comes too late for one that has ended", () => {
    const protocol = new RecordingProtocol();
    const { connection, settle } = scripted(protocol);
    connection.abortConnection();
    connection.abortConnection(new Error("too late"));
    settle();
    expect(protocol.reason).toEqual({ kind: "aborted" });
  });
});
