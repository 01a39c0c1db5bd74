import { describe, expect, test } from "bun:test";
import { Chargen, ChargenDatagrams } from "../../src/protocols/chargen.ts";
import { InternetAddress } from "../../src/reactor/address.ts";
import { DONE } from "../../src/reactor/close-reason.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryDatagramTransport } from "../../src/testing/memory-datagram-transport.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

const CYCLE_BYTES = 7_030;

/** Of the 95 lines from the space on; computed by other means. */
const CYCLE_SHA256 = "3cdea95b39ae39243127adde7cd303a8b8c9f25248a3fc0c483ba70b00fb8f19";

/** What a new connection sends when it is asked `pulls` times. */
function pulled(pulls: number): Buffer {
  const transport = new MemoryTransport();
  new Chargen().makeConnection(transport);
  for (let pull = 0; pull < pulls; pull++) transport.producer?.resumeProducing();
  return transport.value();
}

describe("Chargen", () => {
  test("a whole cycle has the known hash, and the next begins where it ends", () => {
    const [first, second] = [pulled(2).subarray(0, CYCLE_BYTES), pulled(2).subarray(CYCLE_BYTES)];
    expect(new Bun.CryptoHasher("sha256").update(first).digest("hex")).toBe(CYCLE_SHA256);
    expect(second).toEqual(first);
  });

  test("sends nothing before it is asked, as a pull producer", () => {
    const transport = new MemoryTransport();
    new Chargen().makeConnection(transport);
    expect(transport.value().length).toBe(0);
    expect(transport.streaming).toBe(false);
  });

  test("a peer that does not read costs one piece of memory, and later finds no gap", () => {
    const client = new RecordingProtocol();
    const pair = connectedPair(client, new Chargen(), { bufferBytes: 65_536 });
    pair.client.pauseProducing();
    pair.flush();
    expect(pair.server.bufferedAmount).toBeLessThanOrEqual(CYCLE_BYTES);
    pair.client.resumeProducing();
    for (let turn = 0; turn < 100; turn++) pair.pump();
    const { received } = client;
    expect(received.length).toBeGreaterThan(20 * CYCLE_BYTES);
    const cycle = pulled(1);
    const expected = Buffer.alloc(received.length, cycle);
    expect(received.equals(expected)).toBe(true);
  });

  test("goes on for a peer that has finished sending", () => {
    const client = new RecordingProtocol();
    const pair = connectedPair(client, new Chargen());
    pair.client.write("what it sends is ignored");
    pair.client.loseWriteConnection();
    for (let turn = 0; turn < 100; turn++) pair.pump();
    const before = client.receivedBytes;
    for (let turn = 0; turn < 10; turn++) pair.pump();
    expect(client.receivedBytes).toBeGreaterThan(before);
    expect(client.reason).toBeNull();
  });

  test("a port that is drained ends it in order", () => {
    const client = new RecordingProtocol();
    const chargen = new Chargen();
    const pair = connectedPair(client, chargen);
    for (let turn = 0; turn < 10; turn++) pair.pump();
    chargen.draining();
    pair.flush();
    expect(client.reason).toBe(DONE);
    expect(client.receivedBytes % CYCLE_BYTES).toBe(0);
  });
});

describe("ChargenDatagrams", () => {
  test.each([
    [0, 0],
    [1, 1],
    [74, 74],
    [512, 512],
    [513, 512],
    [65_507, 512],
  ])("answers %d bytes with %d characters of the pattern", (questionBytes, answerBytes) => {
    const client = new InternetAddress("udp", "192.0.2.1", 40_000);
    const transport = new MemoryDatagramTransport();
    const chargen = new ChargenDatagrams();
    chargen.makeConnection(transport);
    chargen.datagramReceived(Buffer.alloc(questionBytes), client);
    expect(transport.sent).toEqual([[pulled(1).subarray(0, answerBytes), client]]);
  });
});
