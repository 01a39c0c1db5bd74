import { describe, expect, test } from "bun:test";
import { Echo, EchoDatagrams } from "../../src/protocols/echo.ts";
import { InternetAddress } from "../../src/reactor/address.ts";
import { DONE } from "../../src/reactor/close-reason.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryDatagramTransport } from "../../src/testing/memory-datagram-transport.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

const CLIENT = new InternetAddress("udp", "192.0.2.1", 40_000);

describe("Echo", () => {
  test("a peer that finishes sending gets all its answers and then the end", () => {
    const client = new RecordingProtocol();
    const pair = connectedPair(client, new Echo());
    pair.client.write("hi");
    pair.client.loseWriteConnection();
    pair.flush();
    expect(client.received.toString()).toBe("hi");
    expect(client.reason).toBe(DONE);
  });

  test("a peer that does not read is not read from, and loses nothing", () => {
    const question = Buffer.alloc(4_194_304, "0123456789abcdef");
    const client = new RecordingProtocol();
    const pair = connectedPair(client, new Echo(), { bufferBytes: 65_536 });
    pair.client.pauseProducing();
    pair.client.write(question);
    pair.flush();
    expect(pair.client.bufferedAmount).toBeGreaterThan(3_000_000);
    expect(pair.server.bufferedAmount).toBeLessThan(262_144);
    pair.client.resumeProducing();
    pair.flush();
    expect(client.received.equals(question)).toBe(true);
  });

  test("a port that is drained ends it after its last answer", () => {
    const transport = new MemoryTransport();
    const echo = new Echo();
    echo.makeConnection(transport);
    echo.dataReceived(Buffer.from("hi"));
    echo.draining();
    expect(transport.value().toString()).toBe("hi");
    expect(transport.disconnecting).toBe(true);
  });
});

describe("EchoDatagrams", () => {
  test.each([
    ["a short one", Buffer.from("hi\n")],
    ["an empty one", Buffer.alloc(0)],
    ["the longest one", Buffer.alloc(65_507)],
  ])("answers %s with the same bytes", (_what, question) => {
    const transport = new MemoryDatagramTransport();
    const echo = new EchoDatagrams();
    echo.makeConnection(transport);
    echo.datagramReceived(question, CLIENT);
    expect(transport.sent).toEqual([[question, CLIENT]]);
  });

  test("keeps datagrams apart and answers each where it came from", () => {
    const transport = new MemoryDatagramTransport();
    const other = new InternetAddress("udp", "192.0.2.2", 40_001);
    const echo = new EchoDatagrams();
    echo.makeConnection(transport);
    echo.datagramReceived(Buffer.from("a"), CLIENT);
    echo.datagramReceived(Buffer.from("b"), other);
    expect(transport.sent).toEqual([
      [Buffer.from("a"), CLIENT],
      [Buffer.from("b"), other],
    ]);
  });

  test("drops what is too long to be sent, as IPv6 can bring it", () => {
    const transport = new MemoryDatagramTransport();
    const echo = new EchoDatagrams();
    echo.makeConnection(transport);
    echo.datagramReceived(Buffer.alloc(65_508), CLIENT);
    expect(transport.sent).toEqual([]);
  });
});
