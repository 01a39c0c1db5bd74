import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeTime, Time, TimeDatagrams } from "../../src/protocols/time.ts";
import { InternetAddress } from "../../src/reactor/address.ts";
import { DONE } from "../../src/reactor/close-reason.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryDatagramTransport } from "../../src/testing/memory-datagram-transport.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

/** Times and their bytes, around the wraps and from RFC 868 itself. */
const TIMES = [
  ["1970-01-01T00:00:00Z", "83aa7e80"],
  ["1980-01-01T00:00:00Z", "96792480"],
  ["2000-01-01T00:00:00Z", "bc17c200"],
  ["2026-11-21T00:00:00Z", "eeab5d80"],
  ["2036-02-07T06:28:15Z", "ffffffff"],
  ["2036-02-07T06:28:16Z", "00000000"],
  ["2038-01-19T03:14:08Z", "03aa7e80"],
  ["2100-01-01T00:00:00Z", "7830d580"],
  ["1858-11-17T00:00:00Z", "b2a63e00"],
] as const;

function bytesAt(unixMs: number): Buffer {
  const transport = new MemoryTransport();
  new Time(() => unixMs).makeConnection(transport);
  return transport.value();
}

describe("Time", () => {
  test.each(TIMES)("%s is %s", (time, bytes) => {
    expect(bytesAt(Date.parse(time)).toString("hex")).toBe(bytes);
  });

  test("a second that has begun is not rounded up", () => {
    const start = Date.parse("2026-11-21T00:00:00Z");
    expect(bytesAt(start + 999)).toEqual(bytesAt(start));
    expect(bytesAt(start + 1000)).not.toEqual(bytesAt(start));
    expect(bytesAt(-1)).toEqual(bytesAt(-1000));
  });

  test("tells the time of this machine unless told", () => {
    const transport = new MemoryTransport();
    const before = Date.now();
    new Time().makeConnection(transport);
    const told = decodeTime(transport.value(), before);
    expect(told).toBeGreaterThan(before - 1000);
    expect(told).toBeLessThanOrEqual(Date.now());
  });

  test("closes after 4 bytes, which a peer that sends before it reads gets all the same", () => {
    const client = new RecordingProtocol();
    const pair = connectedPair(client, new Time(() => 0));
    pair.client.write("what it sends is ignored");
    pair.flush();
    expect(client.received.toString("hex")).toBe("83aa7e80");
    expect(client.reason).toBe(DONE);
  });
});

describe("TimeDatagrams", () => {
  test.each([Buffer.alloc(0), Buffer.from("x")])("answers %p with 4 bytes", (question) => {
    const client = new InternetAddress("udp", "192.0.2.1", 40_000);
    const transport = new MemoryDatagramTransport();
    const time = new TimeDatagrams(() => 0);
    time.makeConnection(transport);
    time.datagramReceived(question, client);
    expect(transport.sent).toEqual([[Buffer.from("83aa7e80", "hex"), client]]);
  });
});

describe("decodeTime", () => {
  test("is the reverse of what Time sends, for a reader within 68 years", () => {
    const seconds = fc.integer({ min: -4_000_000_000, max: 10_000_000_000 });
    const distance = fc.integer({ min: -2_147_483_647, max: 2_147_483_647 });
    fc.assert(
      fc.property(seconds, distance, (unixSeconds, away) => {
        const near = (unixSeconds + away) * 1000;
        expect(decodeTime(bytesAt(unixSeconds * 1000), near)).toBe(unixSeconds * 1000);
      }),
    );
  });

  test.each([0, 3, 5, 8])("refuses %d bytes", (length) => {
    expect(() => decodeTime(Buffer.alloc(length), 0)).toThrow(
      `Cannot read a time of ${length} bytes: it has 4`,
    );
  });
});
