import { describe, expect, test } from "bun:test";
import {
  FrameTooLongError,
  MalformedFrameError,
  StringTooLongError,
} from "../../src/framing/framing-error.ts";
import { LengthFieldCodec, type LengthFieldOptions } from "../../src/framing/length-field-codec.ts";
import { chunkings } from "../../src/testing/chunkings.ts";
import { decodeAll } from "./decode-all.ts";

/** The messages of the bytes in `hex`, as hex, the same in every chunking. */
function decode(hex: string, options: LengthFieldOptions): string[] {
  const input = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const outcomes = [...chunkings(input)].map((chunks) => {
    const { messages, error } = decodeAll(new LengthFieldCodec(options), chunks);
    return [...messages.map((message) => message.toString("hex")), ...(error ? [error.name] : [])];
  });
  for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0] ?? []);
  return outcomes[0] ?? [];
}

/** The bytes that `message` is sent as, as hex. */
function encode(message: string, options: LengthFieldOptions): string {
  const encoded = new LengthFieldCodec(options).encode(Buffer.from(message, "hex"));
  if (!(encoded instanceof Uint8Array)) throw new Error("A small message is one chunk");
  return Buffer.from(encoded).toString("hex");
}

/** Each form of a length field, a stream in it, and the messages of that. */
const FORMS: readonly [what: string, options: LengthFieldOptions, hex: string, out: string[]][] = [
  ["8 bits", { fieldBytes: 1 }, "01aa 00 02bbcc", ["aa", "", "bbcc"]],
  ["16 bits", { fieldBytes: 2 }, "0001aa 0002bbcc", ["aa", "bbcc"]],
  ["24 bits", { fieldBytes: 3 }, "000001aa", ["aa"]],
  ["32 bits", {}, "00000001aa 00000000", ["aa", ""]],
  ["64 bits", { fieldBytes: 8 }, "0000000000000002aabb", ["aabb"]],
  [
    "the least significant byte first",
    { fieldBytes: 2, byteOrder: "little-endian" },
    "0100aa 0200bbcc",
    ["aa", "bbcc"],
  ],
  ["the whole frame kept", { fieldBytes: 2, header: "keep" }, "0001aa 0000", ["0001aa", "0000"]],
  [
    "a length that counts its own field",
    { fieldBytes: 2, adjustment: -2 },
    "0003aa 0002",
    ["aa", ""],
  ],
  [
    "a magic number in front, and a checksum behind that is not counted",
    { offset: 2, fieldBytes: 1, adjustment: 2, header: "keep" },
    "cafe 01 aa 0f0f",
    ["cafe01aa0f0f"],
  ],
];

describe("LengthFieldCodec, in every chunking", () => {
  for (const [what, options, hex, messages] of FORMS) {
    test(`${what}: ${hex}`, () => {
      expect(decode(hex, options)).toEqual(messages);
    });
  }

  test("a message of exactly maxLength is delivered, one byte more is not", () => {
    const options = { fieldBytes: 1, maxLength: 2 } as const;
    expect(decode("02aabb 03aabbcc", options)).toEqual(["aabb", "FrameTooLongError"]);
  });

  test("with the header kept, maxLength counts it", () => {
    const options = { fieldBytes: 1, maxLength: 2, header: "keep" } as const;
    expect(decode("01aa 02aabb", options)).toEqual(["01aa", "FrameTooLongError"]);
  });

  test("a length that ends inside the header is malformed", () => {
    expect(decode("0001", { fieldBytes: 2, adjustment: -2 })).toEqual(["MalformedFrameError"]);
  });
});

describe("LengthFieldCodec", () => {
  for (const [what, options, hex, messages] of FORMS.filter(([, { offset }]) => !offset)) {
    test(`${what}: what is sent is what is received`, () => {
      const sent = messages.map((message) => encode(message, options)).join("");
      expect(sent).toBe(hex.replaceAll(" ", ""));
    });
  }

  test("with the header kept, the length is written into a copy of the message", () => {
    const options = { offset: 1, fieldBytes: 1, header: "keep" } as const;
    const message = Buffer.from("ca00aabb", "hex");
    expect(new LengthFieldCodec(options).encode(message)).toEqual(Buffer.from("ca02aabb", "hex"));
    expect(message.toString("hex")).toBe("ca00aabb");
  });

  test("the hostile length of 2 to the 64th less 1 is too long, at once", () => {
    const codec = new LengthFieldCodec({ fieldBytes: 8 });
    const { error } = decodeAll(codec, [Buffer.alloc(8, 0xff)]);
    expect(error).toBeInstanceOf(FrameTooLongError);
  });

  test("an error says which length and which limit", () => {
    const tooLong = decodeAll(new LengthFieldCodec(), [Buffer.from("04000000", "hex")]).error;
    expect(tooLong?.message).toBe(
      "Message of 67108864 bytes or more is too long: 99999 are allowed",
    );
    const options = { fieldBytes: 1, adjustment: -5 } as const;
    const malformed = decodeAll(new LengthFieldCodec(options), [Buffer.from([3])]).error;
    expect(malformed).toBeInstanceOf(MalformedFrameError);
    expect(malformed?.message).toBe(
      "Length field of 3 is too small: with an adjustment of -5 it ends in its own header",
    );
  });

  test("a message that its length field cannot count is refused", () => {
    const codec = new LengthFieldCodec({ fieldBytes: 1 });
    expect(() => codec.encode(Buffer.alloc(256))).toThrow(StringTooLongError);
    expect(codec.encode(Buffer.alloc(255))).toHaveLength(256);
  });

  test("a message that is shorter than its header, or would have a negative length, is refused", () => {
    expect(() => new LengthFieldCodec({ header: "keep" }).encode("abc")).toThrow(RangeError);
    expect(() => new LengthFieldCodec({ adjustment: 2 }).encode("a")).toThrow(RangeError);
  });

  test("an offset that is not a whole number is refused", () => {
    expect(() => new LengthFieldCodec({ offset: -1 })).toThrow(RangeError);
    expect(() => new LengthFieldCodec({ offset: 0.5 })).toThrow(RangeError);
  });

  test("an adjustment that is not a whole number is refused", () => {
    expect(() => new LengthFieldCodec({ adjustment: Number.NaN })).toThrow(RangeError);
    expect(() => new LengthFieldCodec({ adjustment: 1.5 })).toThrow(RangeError);
  });

  test("a field of another width is refused", () => {
    expect(() => new LengthFieldCodec({ fieldBytes: 5 as 4 })).toThrow(RangeError);
  });
});
