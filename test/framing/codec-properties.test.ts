import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Codec, EncodedMessage } from "../../src/framing/codec.ts";
import { FixedLengthCodec } from "../../src/framing/fixed-length-codec.ts";
import { FramingError } from "../../src/framing/framing-error.ts";
import { LengthFieldCodec } from "../../src/framing/length-field-codec.ts";
import { LineCodec } from "../../src/framing/line-codec.ts";
import { NetstringCodec } from "../../src/framing/netstring-codec.ts";
import { type Decoded, decodeAll } from "./decode-all.ts";

type BytesCodec = Codec<Buffer, Uint8Array>;

/** The longest message of these codecs, in bytes. */
const MAX_LENGTH = 60;

/** Bytes of which many mean something to one of the formats. */
const byte = fc.oneof(
  fc.constantFrom(...Buffer.from("\r\n0123:,;\u0000\u0001\u0002")),
  fc.nat(255),
);

function bytesOf(minLength: number, maxLength: number): fc.Arbitrary<Buffer> {
  const options = { minLength, maxLength, size: "max" } as const;
  return fc.array(byte, options).map((bytes) => Buffer.from(bytes));
}

const anyMessage = bytesOf(0, MAX_LENGTH);

/** Messages that hold no LF, of which no line can be made. */
const lineMessage = anyMessage.map((bytes) => Buffer.from(bytes.filter((each) => each !== 0x0a)));

const CODECS: readonly [string, () => BytesCodec, fc.Arbitrary<Buffer>][] = [
  ["LineCodec", () => new LineCodec({ maxLength: MAX_LENGTH }), lineMessage],
  [
    "LineCodec with LF",
    () => new LineCodec({ delimiter: "\n", maxLength: MAX_LENGTH }),
    lineMessage,
  ],
  ["NetstringCodec", () => new NetstringCodec(MAX_LENGTH), anyMessage],
  ["FixedLengthCodec", () => new FixedLengthCodec(7), bytesOf(7, 7)],
  ...([1, 2, 3, 4, 8] as const).flatMap((fieldBytes) =>
    (["big-endian", "little-endian"] as const).map(
      (byteOrder): [string, () => BytesCodec, fc.Arbitrary<Buffer>] => [
        `LengthFieldCodec of ${8 * fieldBytes} bits, ${byteOrder}`,
        () => new LengthFieldCodec({ fieldBytes, byteOrder, maxLength: MAX_LENGTH }),
        anyMessage,
      ],
    ),
  ),
];

function pieces(encoded: EncodedMessage): Buffer[] {
  if (typeof encoded === "string" || encoded instanceof Uint8Array) return [Buffer.from(encoded)];
  return encoded.flatMap(pieces);
}

/** `bytes` cut into chunks whose lengths go through `lengths` again and again. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = start + (lengths[chunks.length % lengths.length] ?? 1);
    chunks.push(Buffer.from(bytes.subarray(start, end)));
    start = end;
  }
  return chunks;
}

function outcome({ messages, error }: Decoded<Buffer>): object {
  return { messages, error: error?.name };
}

const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });

for (const [name, makeCodec, message] of CODECS) {
  describe(name, () => {
    test("what is encoded is decoded, in every chunking", () => {
      fc.assert(
        fc.property(fc.array(message, { maxLength: 8 }), lengths, (messages, cuts) => {
          const encoder = makeCodec();
          const sent = Buffer.concat(messages.flatMap((each) => pieces(encoder.encode(each))));
          const decoded = decodeAll(makeCodec(), cut(sent, cuts));
          expect(outcome(decoded)).toEqual({ messages, error: undefined });
        }),
      );
    });

    test("any bytes give messages or a FramingError, the same in every chunking", () => {
      fc.assert(
        fc.property(bytesOf(0, 200), lengths, (bytes, cuts) => {
          const whole = decodeAll(makeCodec(), [bytes]);
          expect(whole.error === null || whole.error instanceof FramingError).toBe(true);
          expect(outcome(decodeAll(makeCodec(), cut(bytes, cuts)))).toEqual(outcome(whole));
        }),
        { numRuns: 200 },
      );
    });
  });
}
