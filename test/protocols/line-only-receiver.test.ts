import { describe, expect, test } from "bun:test";
import { LineOnlyReceiver } from "../../src/protocols/line-only-receiver.ts";
import { chunkings } from "../../src/testing/chunkings.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";

class Lines extends LineOnlyReceiver {
  readonly lines: string[] = [];
  override maxLength = 6;

  override lineReceived(line: Buffer): void {
    this.lines.push(line.toString());
  }
}

/** What becomes of a connection that gets these chunks. */
function receive(chunks: Iterable<Buffer>): [lines: string[], closes: boolean] {
  const receiver = new Lines();
  const transport = new MemoryTransport();
  receiver.makeConnection(transport);
  for (const chunk of chunks) receiver.dataReceived(chunk);
  return [receiver.lines, transport.disconnecting];
}

describe("LineOnlyReceiver, in every chunking", () => {
  test("a line of exactly maxLength bytes is delivered, also where its delimiter is cut", () => {
    for (const chunks of chunkings("123456\r\nabcdef\r\n")) {
      expect(receive(chunks)).toEqual([["123456", "abcdef"], false]);
    }
  });

  test("a line of one byte more closes the connection, and nothing behind it is delivered", () => {
    for (const chunks of chunkings("ok\r\n1234567\r\nok\r\n")) {
      expect(receive(chunks)).toEqual([["ok"], true]);
    }
  });
});

describe("LineOnlyReceiver", () => {
  test("sendLine sends text as UTF-8, bytes as they are, and the delimiter", () => {
    const receiver = new Lines();
    const transport = new MemoryTransport();
    receiver.makeConnection(transport);
    receiver.sendLine("ü");
    receiver.delimiter = Buffer.from("\n");
    expect(receiver.sendLine(Buffer.from([0xff]))).toBe(true);
    expect(transport.value()).toEqual(Buffer.from([0xc3, 0xbc, 0x0d, 0x0a, 0xff, 0x0a]));
  });
});
