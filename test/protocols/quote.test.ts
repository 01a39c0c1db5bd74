import { describe, expect, test } from "bun:test";
import { Quote } from "../../src/protocols/quote.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";

describe("Quote", () => {
  test("sends the quote and closes; by default the one that Twisted sends", () => {
    for (const [quote, sent] of [
      [new Quote("Wisely and slow.\r\n"), "Wisely and slow.\r\n"],
      [new Quote(), "An apple a day keeps the doctor away.\r\n"],
    ] as const) {
      const transport = new MemoryTransport();
      quote.makeConnection(transport);
      expect(transport.value().toString()).toBe(sent);
      expect(transport.disconnecting).toBe(true);
    }
  });

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
