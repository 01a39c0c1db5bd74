import { describe, expect, test } from "bun:test";
import { InternetAddress } from "../../src/reactor/address.ts";
import { DONE } from "../../src/reactor/close-reason.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { ConnectionReport } from "../../src/services/connection-report.ts";
import { ReportingFactory } from "../../src/services/reporting-factory.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";

const PEER = new InternetAddress("tcp", "192.0.2.1", 40_000);

/** A connection through a `ReportingFactory`, with the reports that it has made. */
function reported(protocol: Protocol | null, clock = new ManualClock()) {
  const reports: ConnectionReport[] = [];
  const factory = new ReportingFactory(new Factory(() => protocol), {
    service: "echo",
    clock,
    wallClock: () => 1_000_000,
    connectionEnded: (report) => reports.push(report),
  });
  return { stack: factory.buildStack(PEER), reports };
}

const OPTIONAL = [
  "readConnectionLost",
  "writeConnectionLost",
  "pauseWriting",
  "resumeWriting",
  "draining",
] as const;

describe("ReportingFactory", () => {
  test("reports a connection once, when it has ended", () => {
    const clock = new ManualClock();
    const { stack, reports } = reported(new RecordingProtocol(), clock);
    stack?.outermost.makeConnection(new MemoryTransport());
    clock.advance(1_500);
    expect(reports).toEqual([]);
    stack?.outermost.connectionLost(DONE);
    expect(reports).toEqual([
      {
        service: "echo",
        peer: PEER,
        startedAtUnixMs: 1_000_000,
        durationMs: 1_500,
        bytesReceived: 0,
        bytesSent: 0,
        reason: DONE,
      },
    ]);
  });

  test("passes every call on, in order", () => {
    const inner = new RecordingProtocol({ readConnectionLost: noAction, draining: noAction });
    const { stack } = reported(inner);
    stack?.outermost.makeConnection(new MemoryTransport());
    stack?.outermost.dataReceived(Buffer.from("hi"));
    stack?.outermost.draining?.();
    stack?.outermost.readConnectionLost?.();
    stack?.outermost.connectionLost(DONE);
    expect(stack?.protocol).toBe(inner);
    expect(inner.received.toString()).toBe("hi");
    expect(inner.events).toEqual([
      "connectionMade",
      "dataReceived",
      "draining",
      "readConnectionLost",
      "connectionLost",
    ]);
  });

  test.each(OPTIONAL)("has %s exactly where the inner protocol has it", (callback) => {
    const having = reported(new RecordingProtocol({ [callback]: noAction }));
    expect(OPTIONAL.filter((each) => having.stack?.outermost[each] !== undefined)).toEqual([
      callback,
    ]);
  });

  test("what the inner protocol rejects with reaches the connection", async () => {
    const inner = new RecordingProtocol({ dataReceived: () => Promise.reject(new Error("no")) });
    const { stack } = reported(inner);
    stack?.outermost.makeConnection(new MemoryTransport());
    const result: unknown = stack?.outermost.dataReceived(Buffer.from("x"));
    await expect(Promise.resolve(result)).rejects.toThrow("no");
  });

  test("a refused connection stays refused, without a report", () => {
    const { stack, reports } = reported(null);
    expect(stack).toBeNull();
    expect(reports).toEqual([]);
  });

  test("starts and stops the inner factory with itself", () => {
    const events: string[] = [];
    class Inner extends Factory {
      override startFactory(): void {
        events.push("start");
      }

      override stopFactory(): void {
        events.push("stop");
      }
    }
    const factory = new ReportingFactory(new Inner(), {
      service: "echo",
      clock: new ManualClock(),
      wallClock: () => 0,
      connectionEnded: noAction,
    });
    factory.doStart();
    factory.doStart();
    factory.doStop();
    expect(events).toEqual(["start"]);
    factory.doStop();
    expect(events).toEqual(["start", "stop"]);
  });
});
