import { describe, expect, test } from "bun:test";
import { InternetAddress } from "../../src/reactor/address.ts";
import { QueryError } from "../../src/services/query-error.ts";
import { checkEcho, readDaytime, readTime } from "../../src/services/service-answers.ts";

function answer(bytes: Uint8Array | string, receivedAtUnixMs = 0, durationMs = 0) {
  const peer = new InternetAddress("tcp", "192.0.2.1", 37);
  return { peer, bytes: Buffer.from(bytes as Uint8Array), durationMs, receivedAtUnixMs };
}

describe("readTime", () => {
  const midnight = Date.parse("2026-11-21T00:00:00Z");
  const bytes = Buffer.from("eeab5d80", "hex");

  test("tells the time that the bytes stand for", () => {
    expect(readTime(answer(bytes, midnight)).unixMs).toBe(midnight);
  });

  test("a clock that agrees is within the uncertainty, at both ends of the second", () => {
    for (const now of [midnight, midnight + 999]) {
      const { offsetMs, uncertaintyMs } = readTime(answer(bytes, now));
      expect(Math.abs(offsetMs)).toBeLessThanOrEqual(uncertaintyMs);
    }
  });

  test("a server ahead of us has a positive offset", () => {
    const { offsetMs, uncertaintyMs } = readTime(answer(bytes, midnight - 10_000));
    expect(offsetMs).toBe(10_500);
    expect(uncertaintyMs).toBe(500);
  });

  test("half of the time that the answer took is uncertain, too", () => {
    const { offsetMs, uncertaintyMs } = readTime(answer(bytes, midnight + 200, 400));
    expect(offsetMs).toBe(500);
    expect(uncertaintyMs).toBe(700);
  });

  test.each([0, 3, 8])("an answer of %d bytes is refused", (length) => {
    expect(() => readTime(answer(Buffer.alloc(length)))).toThrow(
      new QueryError(answer("").peer, `sent ${length} bytes: a time has 4`),
    );
  });
});

describe("readDaytime", () => {
  test.each([
    ["ctime", "Sat Nov 21 00:00:00 2026\r\n", "Sat Nov 21 00:00:00 2026"],
    ["a line feed before it", "\n61000 26-11-21 UTC *\n", "61000 26-11-21 UTC *"],
    ["no line end", "now", "now"],
  ])("takes the line: %s", (_what, text, line) => {
    expect(readDaytime(answer(text))).toBe(line);
  });

  test.each([
    ["nothing", "", "sent 0 bytes: a line was expected"],
    ["an empty line", "\r\n", "sent 2 bytes: a line was expected"],
    ["two lines", "one\r\ntwo\r\n", "sent several lines: one was expected"],
    ["an escape sequence", "\u001b[2Jnow\r\n", "sent bytes that are not printable"],
  ])("refuses %s", (_what, text, message) => {
    expect(() => readDaytime(answer(text))).toThrow(new QueryError(answer("").peer, message));
  });
});

describe("checkEcho", () => {
  test("the same bytes are fine", () => {
    expect(checkEcho(answer("hi"), Buffer.from("hi"))).toBeUndefined();
  });

  test.each([
    ["fewer bytes", "h", "sent back 1 of 2 bytes"],
    ["more bytes", "hi!", "sent back 3 of 2 bytes"],
    ["other bytes", "ho", "sent back 2 bytes, but not the same ones"],
  ])("refuses %s", (_what, text, message) => {
    expect(() => checkEcho(answer(text), Buffer.from("hi"))).toThrow(
      new QueryError(answer("").peer, message),
    );
  });
});
