import { describe, expect, test } from "bun:test";
import { Discard, DiscardDatagrams } from "../../src/protocols/discard.ts";
import { InternetAddress } from "../../src/reactor/address.ts";
import { DONE } from "../../src/reactor/close-reason.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryDatagramTransport } from "../../src/testing/memory-datagram-transport.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

describe("Discard", () => {
  test("reads everything and writes nothing", () => {
    const client = new RecordingProtocol();
    const pair = connectedPair(client, new Discard());
    pair.client.write(Buffer.alloc(1_000_000));
    pair.flush();
    expect(pair.client.bufferedAmount).toBe(0);
    expect(pair.server.stats.bytesReceived).toBe(1_000_000);
    expect(client.events).toEqual(["connectionMade"]);
  });

  test("ends when the peer has finished sending", () => {
    const client = new RecordingProtocol();
    const pair = connectedPair(client, new Discard());
    pair.client.write("bye");
    pair.client.loseWriteConnection();
    pair.flush();
    expect(client.received.length).toBe(0);
    expect(client.reason).toBe(DONE);
  });

  test("a port that is drained ends it", () => {
    const client = new RecordingProtocol();
    const discard = new Discard();
    const pair = connectedPair(client, discard);
    discard.draining();
    pair.flush();
    expect(client.reason).toBe(DONE);
  });
});

describe("DiscardDatagrams", () => {
  test("is silent", () => {
    const transport = new MemoryDatagramTransport();
    const discard = new DiscardDatagrams();
    discard.makeConnection(transport);
    discard.datagramReceived(Buffer.from("x"), new InternetAddress("udp", "192.0.2.1", 40_000));
    expect(transport.sent).toEqual([]);
  });
});
