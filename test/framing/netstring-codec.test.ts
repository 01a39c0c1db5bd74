import { describe, expect, test } from "bun:test";
import { NetstringCodec } from "../../src/framing/netstring-codec.ts";
import { chunkings } from "../../src/testing/chunkings.ts";
import { decodeAll } from "./decode-all.ts";

/** The strings of `input` and the message of the error behind them, the same in every chunking. */
function decode(input: string, maxLength?: number): [strings: string[], error: string | undefined] {
  const outcomes = [...chunkings(Buffer.from(input, "latin1"))].map(
    (chunks): [string[], string | undefined] => {
      const { messages, error } = decodeAll(new NetstringCodec(maxLength), chunks);
      return [messages.map((message) => message.toString("latin1")), error?.message];
    },
  );
  const [first] = outcomes;
  if (first === undefined) throw new Error("There is no chunking");
  for (const outcome of outcomes) expect(outcome).toEqual(first);
  return first;
}

describe("NetstringCodec, in every chunking", () => {
  test("strings are delivered, the empty one too", () => {
    expect(decode("3:a,b,0:,1:\u00ff,")).toEqual([["a,b", "", "\u00ff"], undefined]);
  });

  test("a byte that is not a digit ends it where it stands", () => {
    expect(decode("1:a,x")).toEqual([["a"], "Byte 0x78 is not a digit of a netstring's length"]);
    expect(decode("-1:a,")[1]).toBe("Byte 0x2d is not a digit of a netstring's length");
    expect(decode(" 1:a,")[1]).toBe("Byte 0x20 is not a digit of a netstring's length");
    expect(decode(":a,")[1]).toBe("Byte 0x3a is not a digit of a netstring's length");
    expect(decode("1\n:a,")[1]).toBe("Byte 0x0a is not a digit of a netstring's length");
  });

  test("a leading zero is refused at the second digit", () => {
    expect(decode("01")[1]).toBe("Byte 0x31 is not the colon after a length of 0");
  });

  test("anything but a comma behind the string is refused", () => {
    expect(decode("1:ab")[1]).toBe("Byte 0x62 is not the comma after a netstring");
  });

  test("a length that is too long is refused at the digit that makes it so", () => {
    expect(decode("12:123456789012,13", 12)).toEqual([
      ["123456789012"],
      "Netstring of 13 bytes or more is too long: 12 are allowed",
    ]);
    expect(decode("100000")[1]).toBe(
      "Netstring of 100000 bytes or more is too long: 99999 are allowed",
    );
  });
});

describe("NetstringCodec", () => {
  test("the length that is sent counts the bytes of a string's UTF-8 form", () => {
    expect(new NetstringCodec().encode("ü")).toEqual(Buffer.from("2:ü,"));
  });

  test("what is sent may be longer than what is received", () => {
    expect(new NetstringCodec(1).encode("abc")).toEqual(Buffer.from("3:abc,"));
  });

  test("a large string is sent without copying it", () => {
    const string = Buffer.alloc(100_000);
    expect(new NetstringCodec().encode(string)).toContain(string);
  });
});
