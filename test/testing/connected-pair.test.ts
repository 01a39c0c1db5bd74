import { describe, expect, test } from "bun:test";
import type { Protocol } from "../../src/reactor/protocol.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";

function echo(): RecordingProtocol {
  return new RecordingProtocol({ dataReceived: (me, data) => me.connection.write(data) });
}

describe("connectedPair", () => {
  test("both get connectionMade, the first one first, and know each other's address", () => {
    const order: string[] = [];
    const made = (name: string) =>
      new RecordingProtocol({ connectionMade: () => order.push(name) });
    const pair = connectedPair(made("client"), made("server"));
    expect(order).toEqual(["client", "server"]);
    expect(pair.client.getPeer().equals(pair.server.getHost())).toBe(true);
    expect(pair.server.getPeer().toString()).toBe("tcp 192.168.1.1:54321");
    expect(pair.server.getHost().toString()).toBe("tcp 10.0.0.1:12345");
  });

  test("nothing is delivered before flush", () => {
    const client = new RecordingProtocol({ connectionMade: (me) => me.connection.write("hi") });
    const server = echo();
    const pair = connectedPair(client, server);
    expect(server.received.toString()).toBe("");
    pair.flush();
    expect(server.received.toString()).toBe("hi");
    expect(client.received.toString()).toBe("hi");
  });

  test("pump goes on by one event for each end and returns 0 when all is quiet", () => {
    const client = new RecordingProtocol();
    const pair = connectedPair(client, echo(), { maxChunkBytes: 1 });
    pair.client.write("abc");
    const progress: string[] = [];
    while (pair.pump() > 0) progress.push(client.received.toString());
    expect(progress.at(-1)).toBe("abc");
    expect(new Set(progress)).toEqual(new Set(["", "a", "ab", "abc"]));
  });

  test("everything gets through a narrow link, in order", () => {
    const client = new RecordingProtocol();
    const pair = connectedPair(client, echo(), { bufferBytes: 1000, maxChunkBytes: 7 });
    const sent = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    pair.client.write(sent);
    pair.client.loseWriteConnection();
    pair.flush();
    expect(client.received.equals(sent)).toBe(true);
    expect(client.reason).toEqual({ kind: "done" });
  });

  test("an orderly close is done on both sides", () => {
    const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
    const pair = connectedPair(client, server);
    pair.client.loseConnection();
    pair.flush();
    expect([client.reason, server.reason]).toEqual([{ kind: "done" }, { kind: "done" }]);
  });

  test("time stands still until the clock is advanced, and then events are delivered too", () => {
    const client = new RecordingProtocol();
    const server = new RecordingProtocol({ readConnectionLost: noAction });
    const pair = connectedPair(client, server, { closeTimeoutMs: 1000 });
    pair.client.loseConnection();
    pair.clock.advance(999);
    expect(server.events).toEqual(["connectionMade", "readConnectionLost"]);
    expect(client.reason).toBeNull();
    pair.clock.advance(1);
    expect(client.reason).toEqual({ kind: "aborted" });
    expect(server.reason).toBeNull();
    pair.server.write("is anybody there?");
    pair.flush();
    expect(server.reason).toMatchObject({ kind: "lost", cause: { code: "ECONNRESET" } });
  });

  test("what a protocol throws goes to the logger", () => {
    const logger = new MemoryLogger();
    const error = new Error("broken");
    const server = new RecordingProtocol({
      dataReceived: () => {
        throw error;
      },
    });
    const pair = connectedPair(new RecordingProtocol(), server, { logger });
    pair.client.write("x");
    pair.flush();
    expect(logger.errors).toEqual([error]);
    expect(server.reason).toEqual({ kind: "lost", cause: error });
  });

  test("settings that a real connection refuses are refused", () => {
    for (const options of [
      { closeTimeoutMs: Number.NaN },
      { writeLimits: { low: 9, high: 1, max: 20 } },
      { bufferBytes: 0 },
    ]) {
      const connect = () =>
        connectedPair(new RecordingProtocol(), new RecordingProtocol(), options);
      expect(connect).toThrow(RangeError);
    }
  });

  test("two that answer each other for ever are found out", () => {
    const pair = connectedPair(echo(), echo());
    pair.client.write("ping");
    expect(() => pair.flush()).toThrow("still busy");
  });

  test("the same conversation takes the same course every time", () => {
    const course = () => {
      const events: string[] = [];
      const talk = (name: string): Protocol =>
        new RecordingProtocol({
          dataReceived: (me, data) => {
            events.push(`${name} ${data.length}`);
            if (data.length > 1) me.connection.write(data.subarray(1));
          },
        });
      const pair = connectedPair(talk("client"), talk("server"), { maxChunkBytes: 3 });
      pair.client.write("abcdefgh");
      pair.server.write("ABCDEFGH");
      pair.flush();
      return events;
    };
    expect(course()).toEqual(course());
    expect(course().length).toBeGreaterThan(4);
  });
});
