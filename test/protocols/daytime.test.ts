import { describe, expect, test } from "bun:test";
import { Daytime, DaytimeDatagrams } from "../../src/protocols/daytime.ts";
import { InternetAddress } from "../../src/reactor/address.ts";
import { DONE } from "../../src/reactor/close-reason.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryDatagramTransport } from "../../src/testing/memory-datagram-transport.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

/** Times whose lines differ in form. */
const LINES = [
  ["a day of two digits", Date.UTC(2026, 10, 21), "Sat Nov 21 00:00:00 2026\r\n"],
  ["a day of one digit", Date.UTC(2027, 0, 3, 4, 5, 6), "Sun Jan  3 04:05:06 2027\r\n"],
  ["a leap day", Date.UTC(2028, 1, 29, 23, 59, 59), "Tue Feb 29 23:59:59 2028\r\n"],
  ["the last millisecond of a year", Date.UTC(2027, 0, 1) - 1, "Thu Dec 31 23:59:59 2026\r\n"],
] as const;

function lineAt(unixMs: number): Buffer {
  const transport = new MemoryTransport();
  new Daytime(() => unixMs).makeConnection(transport);
  return transport.value();
}

describe("Daytime", () => {
  test.each(LINES)("%s", (_what, unixMs, line) => {
    expect(lineAt(unixMs).toString()).toBe(line);
  });

  test("tells the time of this machine in UTC unless told", () => {
    const transport = new MemoryTransport();
    const before = Date.now();
    new Daytime().makeConnection(transport);
    const told = Date.parse(`${transport.value().toString().trim()} UTC`);
    expect(told).toBeGreaterThan(before - 1000);
    expect(told).toBeLessThanOrEqual(Date.now());
  });

  test("closes after the line, which a peer that sends before it reads gets all the same", () => {
    const client = new RecordingProtocol();
    const pair = connectedPair(client, new Daytime(() => 0));
    pair.client.write("what it sends is ignored");
    pair.flush();
    expect(client.received.toString()).toBe("Thu Jan  1 00:00:00 1970\r\n");
    expect(client.reason).toBe(DONE);
  });
});

describe("DaytimeDatagrams", () => {
  test.each([Buffer.alloc(0), Buffer.from("what time is it?")])(
    "answers %p with the line",
    (question) => {
      const client = new InternetAddress("udp", "192.0.2.1", 40_000);
      const transport = new MemoryDatagramTransport();
      const daytime = new DaytimeDatagrams(() => 0);
      daytime.makeConnection(transport);
      daytime.datagramReceived(question, client);
      expect(transport.sent).toEqual([[Buffer.from("Thu Jan  1 00:00:00 1970\r\n"), client]]);
    },
  );
});
