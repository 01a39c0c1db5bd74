import { describe, expect, test } from "bun:test";
import { FixedLengthCodec } from "../../src/framing/fixed-length-codec.ts";
import { chunkings } from "../../src/testing/chunkings.ts";
import { decodeAll } from "./decode-all.ts";

describe("FixedLengthCodec", () => {
  test("messages are cut by size, in every chunking", () => {
    for (const chunks of chunkings("onetwothre")) {
      const { messages } = decodeAll(new FixedLengthCodec(3), chunks);
      expect(messages.map(String)).toEqual(["one", "two", "thr"]);
    }
  });

  test("a message of another size cannot be encoded", () => {
    expect(() => new FixedLengthCodec(3).encode("four")).toThrow(RangeError);
    expect(Buffer.from(new FixedLengthCodec(3).encode("two")).toString()).toBe("two");
  });

  test("a size that is not a whole number above 0 is refused", () => {
    for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new FixedLengthCodec(size)).toThrow(RangeError);
    }
  });
});
