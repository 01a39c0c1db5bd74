import { FixedLengthCodec } from "../../src/framing/fixed-length-codec.ts";
import { LengthFieldCodec, type LengthFieldOptions } from "../../src/framing/length-field-codec.ts";
import { LineCodec, type LineCodecOptions } from "../../src/framing/line-codec.ts";
import { NetstringCodec } from "../../src/framing/netstring-codec.ts";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import { type CodecTrial, codecTarget } from "./codec-target.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { oneOf, randomBytes, randomLength } from "./random-bytes.ts";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const LINE_BYTES = Buffer.from("\r\n\r\n-a");
const NETSTRING_BYTES = Buffer.from("0123456789:,,::a");
const LENGTH_BYTES = Buffer.from([0, 0, 0, 1, 2, 3, 4, 5, 0xff]);

/** The longest message that is tried; beyond the memory that a buffer holds in one piece. */
const MAX_MESSAGE_BYTES = 700;

function lineTrial(random: SeededRandom, whenTooLong: "fail" | "skip"): CodecTrial {
  const options: LineCodecOptions = {
    delimiter: oneOf(random, ["\r\n", "\n", "--", "\r\n\r\n", "aab"]),
    maxLength: randomLength(random, MAX_MESSAGE_BYTES),
    whenTooLong,
  };
  const codec = new LineCodec(options);
  return {
    makeCodec: () => new LineCodec(options),
    alphabet: LINE_BYTES,
    message() {
      for (;;) {
        const line = randomBytes(random, randomLength(random, options.maxLength ?? 0), LINE_BYTES);
        if (canEncode(codec, line)) return line;
      }
    },
  };
}

function canEncode(codec: LineCodec, line: Buffer): boolean {
  try {
    codec.encode(line);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function netstringTrial(random: SeededRandom): CodecTrial {
  const maxLength = randomLength(random, MAX_MESSAGE_BYTES);
  return {
    makeCodec: () => new NetstringCodec(maxLength),
    alphabet: NETSTRING_BYTES,
    message: () => randomBytes(random, randomLength(random, maxLength), NETSTRING_BYTES),
  };
}

function lengthTrial(random: SeededRandom, options: LengthFieldOptions): CodecTrial {
  const maxLength = Math.min(255, randomLength(random, MAX_MESSAGE_BYTES));
  return {
    makeCodec: () => new LengthFieldCodec({ ...options, maxLength }),
    alphabet: LENGTH_BYTES,
    message: () => randomBytes(random, randomLength(random, maxLength), ALL_BYTES),
  };
}

/** Any length field; the messages come out of its own encoding, so that their fields are right. */
function lengthFieldTrial(random: SeededRandom): CodecTrial {
  const fieldBytes = oneOf<1 | 2 | 3 | 4 | 8>(random, [1, 2, 3, 4, 8]);
  const offset = random.integer(0, 3);
  const header = oneOf<"strip" | "keep">(random, ["strip", "keep"]);
  const headerBytes = offset + fieldBytes;
  const options: LengthFieldOptions = {
    fieldBytes,
    offset,
    header,
    adjustment: random.integer(-headerBytes, 0),
    byteOrder: oneOf<"big-endian" | "little-endian">(random, ["big-endian", "little-endian"]),
    maxLength: 255 + headerBytes,
  };
  const codec = new LengthFieldCodec(options);
  return {
    makeCodec: () => new LengthFieldCodec(options),
    alphabet: LENGTH_BYTES,
    message() {
      const body = randomBytes(random, randomLength(random, 240), ALL_BYTES);
      if (header === "strip") return body;
      const frame = codec.encode(Buffer.concat([Buffer.alloc(headerBytes), body]));
      if (!(frame instanceof Uint8Array)) throw new Error("A small message is one chunk");
      return Buffer.from(frame);
    },
  };
}

function fixedLengthTrial(random: SeededRandom): CodecTrial {
  const length = 1 + randomLength(random, MAX_MESSAGE_BYTES);
  return {
    makeCodec: () => new FixedLengthCodec(length),
    alphabet: ALL_BYTES,
    message: () => randomBytes(random, length, ALL_BYTES),
  };
}

/** Every codec of the library. */
export const FRAMING_TARGETS: readonly FuzzTarget[] = [
  codecTarget("line", (random) => lineTrial(random, "fail")),
  codecTarget("line-skip", (random) => lineTrial(random, "skip")),
  codecTarget("netstring", netstringTrial),
  codecTarget("int8", (random) => lengthTrial(random, { fieldBytes: 1 })),
  codecTarget("int16", (random) => lengthTrial(random, { fieldBytes: 2 })),
  codecTarget("int32", (random) => lengthTrial(random, { fieldBytes: 4 })),
  codecTarget("length-field", lengthFieldTrial),
  codecTarget("fixed-length", fixedLengthTrial),
];
