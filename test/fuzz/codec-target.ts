import type { Codec, EncodedMessage } from "../../src/framing/codec.ts";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import { type Decoded, decodeAll } from "../framing/decode-all.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { cutRandomly, damaged, randomBytes } from "./random-bytes.ts";

/** A codec with random settings, and what it is tried with. */
export interface CodecTrial {
  /** Makes the codec; each stream has one of its own. */
  readonly makeCodec: () => Codec<Buffer, Uint8Array>;
  /** A message that this codec can say. */
  readonly message: () => Buffer;
  /** The bytes that mean something in this format. */
  readonly alphabet: Uint8Array;
}

/** Chunkings of each stream that must all give the same. */
const CHUNKINGS = 3;

/** Messages of one stream at most. */
const MAX_MESSAGES = 6;

/**
 * What must hold for every codec: what was encoded is decoded; how the bytes are cut changes
 * nothing; bytes that are not of the format give messages or a `FramingError`, nothing else; and
 * never do more bytes wait than the codec allows.
 */
export function codecTarget(name: string, trial: (random: SeededRandom) => CodecTrial): FuzzTarget {
  return {
    name,
    run(random) {
      const { makeCodec, message, alphabet } = trial(random);
      const messages = Array.from({ length: random.integer(0, MAX_MESSAGES) }, message);
      const encoder = makeCodec();
      const sent = Buffer.concat(messages.flatMap((each) => pieces(encoder.encode(each))));
      const decoded = decodeEvery(random, makeCodec, sent);
      mustMatch("decoding what was encoded", decoded, { messages, error: null });
      const garbage =
        random.next() < 0.5
          ? damaged(random, sent, alphabet)
          : randomBytes(random, random.integer(0, 60), alphabet);
      decodeEvery(random, makeCodec, garbage);
    },
  };
}

/** What comes out of `bytes`, which must be the same in every chunking. */
function decodeEvery(
  random: SeededRandom,
  makeCodec: CodecTrial["makeCodec"],
  bytes: Buffer,
): Decoded<Buffer> {
  const whole = decodeAll(makeCodec(), [bytes]);
  for (let chunking = 0; chunking < CHUNKINGS; chunking++) {
    const chunks = cutRandomly(random, bytes);
    const cuts = chunks.map(({ length }) => length).join(" ");
    const what = `decoding ${bytes.toString("hex")} in chunks of ${cuts}`;
    mustMatch(what, decodeAll(makeCodec(), chunks), whole);
  }
  return whole;
}

function pieces(encoded: EncodedMessage): Buffer[] {
  if (typeof encoded === "string") return [Buffer.from(encoded)];
  if (encoded instanceof Uint8Array) return [Buffer.from(encoded)];
  return encoded.flatMap(pieces);
}

function mustMatch(what: string, actual: Decoded<Buffer>, expected: Decoded<Buffer>): void {
  const same =
    actual.messages.length === expected.messages.length &&
    actual.messages.every((message, index) =>
      message.equals(expected.messages[index] ?? message),
    ) &&
    actual.error?.name === expected.error?.name;
  if (!same) throw new Error(`${what} gave ${describe(actual)}, expected ${describe(expected)}`);
}

function describe({ messages, error }: Decoded<Buffer>): string {
  return `[${messages.map((message) => message.toString("hex")).join(", ")}] ${error}`;
}
