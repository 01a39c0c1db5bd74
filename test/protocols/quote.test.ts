import { describe, expect, test } from "bun:test";
import { Quote } from "../../src/protocols/quote.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { decodeBytes, type EncodedBytes, vectorsOf } from "../vectors/protocol-vectors.ts";

describe("Quote", () => {
  for (const { id, expect: expected } of vectorsOf<{ readonly expect: EncodedBytes }>(
    "wire.qotd",
  )) {
    test(`vector ${id}: the quote, then the end of the stream`, () => {
      const transport = new MemoryTransport();
      new Quote(decodeBytes(expected).toString("latin1")).makeConnection(transport);
      expect(transport.value()).toEqual(decodeBytes(expected));
      expect(transport.disconnecting).toBe(true);
    });
  }

  test("ignores what the peer sends", () => {
    const transport = new MemoryTransport();
    const quote = new Quote("Wisely and slow.\r\n");
    quote.makeConnection(transport);
    quote.dataReceived(Buffer.from("another, please\r\n"));
    expect(transport.value().toString()).toBe("Wisely and slow.\r\n");
  });

  test("of 511 bytes is allowed, of 512 refused", () => {
    expect(() => new Quote("x".repeat(511))).not.toThrow();
    expect(() => new Quote("x".repeat(512))).toThrow("512 bytes: at most 511");
  });

  test("with anything but printable ASCII and line ends is refused, with its place", () => {
    expect(() => new Quote("caf\u00e9")).toThrow("at index 3");
    expect(() => new Quote("a\tb")).toThrow("at index 1");
  });
});
