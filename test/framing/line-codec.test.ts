import { describe, expect, test } from "bun:test";
import { FrameTooLongError } from "../../src/framing/framing-error.ts";
import { LineCodec, type LineCodecOptions } from "../../src/framing/line-codec.ts";
import { chunkings } from "../../src/testing/chunkings.ts";
import { decodeAll } from "./decode-all.ts";

/** The lines of `input`, and what is wrong behind them; the same in every chunking. */
function decode(input: string, options: LineCodecOptions = {}): { lines: string[]; error: string } {
  const outcomes = [...chunkings(input)].map((chunks) => {
    const { messages, error } = decodeAll(new LineCodec(options), chunks);
    return { lines: messages.map(String), error: error === null ? "none" : error.name };
  });
  const [first] = outcomes;
  if (first === undefined) throw new Error("There is no chunking");
  for (const outcome of outcomes) expect(outcome).toEqual(first);
  return first;
}

describe("LineCodec, in every chunking", () => {
  test("a line of exactly maxLength bytes is delivered", () => {
    expect(decode("12345\r\n", { maxLength: 5 })).toEqual({ lines: ["12345"], error: "none" });
  });

  test("a line of one byte more is too long", () => {
    expect(decode("ok\r\n123456\r\n", { maxLength: 5 })).toEqual({
      lines: ["ok"],
      error: "FrameTooLongError",
    });
  });

  test("a lone CR and a lone LF are data", () => {
    expect(decode("a\rb\nc\r\r\nd\n\r\r\n").lines).toEqual(["a\rb\nc\r", "d\n\r"]);
  });

  test("a line of maxLength whose delimiter has only begun is not too long", () => {
    expect(decode("12345\r", { maxLength: 5 }).error).toBe("none");
    expect(decode("12345\n", { maxLength: 5 }).error).toBe("FrameTooLongError");
  });

  test("a delimiter of three bytes may have begun in two ways", () => {
    const options = { delimiter: "aab", maxLength: 2 };
    expect(decode("xxaab", options).lines).toEqual(["xx"]);
    expect(decode("aaaab", options).lines).toEqual(["aa"]);
    expect(decode("aaaaab", options).error).toBe("FrameTooLongError");
  });

  test("the leftmost delimiter ends the line", () => {
    expect(decode("a--x---b--", { delimiter: "--" }).lines).toEqual(["a", "x", "-b"]);
  });

  test("a skipped line is left out, and those behind it are delivered", () => {
    const input = `a\r\n${"x".repeat(50)}\r\r\nb\r\n${"y".repeat(6)}\r\nc\r\n`;
    const options = { maxLength: 5, whenTooLong: "skip" } as const;
    expect(decode(input, options)).toEqual({ lines: ["a", "b", "c"], error: "none" });
  });
});

describe("LineCodec", () => {
  test("skipped lines are counted, each once", () => {
    for (const chunks of chunkings("1234567\r\nok\r\n12345678901234567890")) {
      const codec = new LineCodec({ maxLength: 5, whenTooLong: "skip" });
      decodeAll(codec, chunks);
      expect(codec.skippedLines).toBe(2);
    }
  });

  test("the error of a line that is too long says how long at least, and the limit", () => {
    const { error } = decodeAll(new LineCodec({ maxLength: 3 }), [Buffer.from("12345\r\n")]);
    expect(error).toBeInstanceOf(FrameTooLongError);
    expect(error).toMatchObject({ length: 4, maxLength: 3 });
    expect(error?.message).toBe("Line of 4 bytes or more is too long: 3 are allowed");
  });

  test("a line that holds the delimiter, or makes one with it, cannot be encoded", () => {
    expect(() => new LineCodec().encode("a\r\nb")).toThrow(RangeError);
    expect(() => new LineCodec({ delimiter: "--" }).encode("a-")).toThrow(RangeError);
    expect(new LineCodec().encode("a\r").toString()).toBe("a\r\r\n");
  });

  test("a string with a lone surrogate cannot be encoded", () => {
    expect(() => new LineCodec().encode("\ud800")).toThrow(TypeError);
  });

  test("an empty delimiter is refused", () => {
    expect(() => new LineCodec({ delimiter: "" })).toThrow(RangeError);
  });

  test("a delimiter that its owner changes later stays what it was", () => {
    const delimiter = Buffer.from("|");
    const codec = new LineCodec({ delimiter });
    delimiter[0] = 0x2f;
    expect(decodeAll(codec, [Buffer.from("a|b/")]).messages.map(String)).toEqual(["a"]);
  });
});
