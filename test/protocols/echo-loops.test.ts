import { describe, expect, test } from "bun:test";
import { ChargenDatagrams } from "../../src/protocols/chargen.ts";
import { DaytimeDatagrams } from "../../src/protocols/daytime.ts";
import { type AnswerRule, clientsExcept, isClient } from "../../src/protocols/echo-loops.ts";
import { EchoDatagrams } from "../../src/protocols/echo.ts";
import { TimeDatagrams } from "../../src/protocols/time.ts";
import { InternetAddress } from "../../src/reactor/address.ts";
import { MemoryDatagramTransport } from "../../src/testing/memory-datagram-transport.ts";

/** Echo, daytime, quote of the day, chargen, time, DNS, TFTP, NTP, and NFS. */
const ANSWERING_PORTS = [7, 13, 17, 19, 37, 53, 69, 123, 2049];

const PROTOCOLS = [
  ["EchoDatagrams", (rule?: AnswerRule) => new EchoDatagrams(rule)],
  ["ChargenDatagrams", (rule?: AnswerRule) => new ChargenDatagrams(rule)],
  ["DaytimeDatagrams", (rule?: AnswerRule) => new DaytimeDatagrams(() => 0, rule)],
  ["TimeDatagrams", (rule?: AnswerRule) => new TimeDatagrams(() => 0, rule)],
] as const;

function at(port: number): InternetAddress {
  return new InternetAddress("udp", "192.0.2.1", port);
}

describe("isClient", () => {
  test.each(ANSWERING_PORTS)("port %d is that of a service", (port) => {
    expect(isClient(at(port))).toBe(false);
  });

  test("port 0 is nobody's", () => {
    expect(isClient(at(0))).toBe(false);
  });

  test("the ports above 1023 are those of clients", () => {
    expect([1023, 1024, 65_535].map((port) => isClient(at(port)))).toEqual([false, true, true]);
  });
});

describe("clientsExcept", () => {
  test("excludes the given ports besides those that no client has", () => {
    const rule = clientsExcept([10_007, 10_019]);
    expect([10_007, 10_019, 7].map((port) => rule(at(port)))).toEqual([false, false, false]);
    expect(rule(at(10_008))).toBe(true);
  });
});

describe.each(PROTOCOLS)("%s", (_name, make) => {
  test("answers a client, and no service", () => {
    const transport = new MemoryDatagramTransport();
    const protocol = make();
    protocol.makeConnection(transport);
    for (const port of [...ANSWERING_PORTS, 40_000]) {
      protocol.datagramReceived(Buffer.from("x"), at(port));
    }
    expect(transport.sent.map(([, address]) => address.port)).toEqual([40_000]);
  });

  test("answers whom its rule allows", () => {
    const transport = new MemoryDatagramTransport();
    const protocol = make((peer) => peer.port === 7);
    protocol.makeConnection(transport);
    for (const port of [7, 40_000]) protocol.datagramReceived(Buffer.from("x"), at(port));
    expect(transport.sent.map(([, address]) => address.port)).toEqual([7]);
  });
});
