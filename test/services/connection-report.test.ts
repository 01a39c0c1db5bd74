import { describe, expect, test } from "bun:test";
import { InternetAddress } from "../../src/reactor/address.ts";
import { ABORTED, type CloseReason, DONE } from "../../src/reactor/close-reason.ts";
import { formatConnectionReport } from "../../src/services/connection-report.ts";

function lineFor(reason: CloseReason): string {
  return formatConnectionReport({
    service: "echo",
    peer: new InternetAddress("tcp", "127.0.0.1", 40_000),
    startedAtUnixMs: Date.parse("2026-11-21T01:02:03.004Z"),
    durationMs: 1_234.5678,
    bytesReceived: 12,
    bytesSent: 34,
    reason,
  });
}

describe("formatConnectionReport", () => {
  test("tells the start, the service, the peer, the traffic, the duration and the end", () => {
    expect(lineFor(DONE)).toBe(
      "2026-11-21T01:02:03.004Z  echo     tcp 127.0.0.1:40000    in 12 B, out 34 B, 1.235 s, done",
    );
  });

  test("tells an abort", () => {
    expect(lineFor(ABORTED)).toEndWith("1.235 s, aborted");
  });

  test("tells why a connection was lost", () => {
    expect(lineFor({ kind: "lost", cause: new Error("ECONNRESET") })).toEndWith("lost: ECONNRESET");
  });

  test("stays one line of bounded length, whatever the error says", () => {
    const cause = new Error(`first\r\nsecond\u0007${"long ".repeat(1_000)}`);
    const line = lineFor({ kind: "lost", cause });
    expect(line).toContain("lost: first second long long");
    expect(line.length).toBeLessThan(250);
  });
});
