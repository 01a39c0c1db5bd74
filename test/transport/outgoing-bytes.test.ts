import { describe, expect, test } from "bun:test";
import { outgoingBytes } from "../../src/reactor/outgoing-bytes.ts";
import { changedWriteLimits, DEFAULT_WRITE_LIMITS } from "../../src/reactor/write-limits.ts";

describe("outgoingBytes", () => {
  test("bytes are themselves", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    expect(outgoingBytes(bytes)).toBe(bytes);
  });

  test("a string is its UTF-8 form", () => {
    expect([...outgoingBytes("é😀")]).toEqual([0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80]);
  });

  test("a lone surrogate is refused, with its index", () => {
    expect(() => outgoingBytes("ab\ud83d")).toThrow("lone surrogate at index 2");
    expect(() => outgoingBytes("😀\udc00x")).toThrow("lone surrogate at index 2");
  });

  test("anything else is refused by name", () => {
    for (const [data, name] of [
      [5, "number"],
      [null, "null"],
      [undefined, "undefined"],
      [{}, "object"],
      [[1], "array"],
      [new ArrayBuffer(1), "arraybuffer"],
      [new Uint16Array(1), "uint16array"],
    ] as const) {
      expect(() => outgoingBytes(data as never)).toThrow(`Cannot write ${name}`);
    }
  });
});

describe("changedWriteLimits", () => {
  test("the defaults are 64 KiB, 16 KiB and 16 MiB", () => {
    expect(DEFAULT_WRITE_LIMITS).toEqual({ high: 65_536, low: 16_384, max: 16_777_216 });
  });

  test("what is not given stays", () => {
    expect(changedWriteLimits(DEFAULT_WRITE_LIMITS, { low: 0 })).toEqual({
      ...DEFAULT_WRITE_LIMITS,
      low: 0,
    });
  });

  test("marks that contradict each other, or are no numbers, are refused", () => {
    for (const changes of [
      { low: -1 },
      { low: 70_000 },
      { high: 10 },
      { max: 1000 },
      { high: Number.NaN },
    ]) {
      expect(() => changedWriteLimits(DEFAULT_WRITE_LIMITS, changes)).toThrow(RangeError);
    }
  });
});
