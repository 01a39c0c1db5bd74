import { type Kind, notA } from "./kind.ts";
import type { Place } from "./place.ts";

/** Far above any vector; `rep` in `rep` could ask for more than there is memory. */
const MAX_BYTES = 16_777_216;

/**
 * A byte string: a text whose characters up to U+00FF are the bytes, or `{rep: [bytes, count]}` for
 * repeated ones, or a list of these, joined.
 */
export const byteString: Kind<Buffer> = {
  name: "a byte string",
  words: () => [],
  read(json, at) {
    if (typeof json === "string") return readText(json, at);
    if (Array.isArray(json)) return readJoined(json, at);
    if (typeof json === "object" && json !== null && Object.keys(json).join() === "rep") {
      return readRepeated(Reflect.get(json, "rep"), at.key("rep"));
    }
    throw notA(byteString.name, json, at);
  },
};

function readText(text: string, at: Place): Buffer {
  const wide = /[^\0-\xff]/.exec(text);
  if (wide === null) return Buffer.from(text, "latin1");
  throw at.error(`has ${JSON.stringify(wide[0])} at index ${wide.index}: bytes end at U+00FF`);
}

function readJoined(parts: readonly unknown[], at: Place): Buffer {
  const pieces = parts.map((part, index) => byteString.read(part, at.item(index)));
  checkLength(
    pieces.reduce((sum, { length }) => sum + length, 0),
    at,
  );
  return Buffer.concat(pieces);
}

function readRepeated(repeated: unknown, at: Place): Buffer {
  if (!Array.isArray(repeated) || repeated.length !== 2) {
    throw notA("a list of bytes and a count", repeated, at);
  }
  const [piece, count] = repeated as [unknown, unknown];
  const bytes = byteString.read(piece, at.item(0));
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
    throw notA("a whole number of at least 0", count, at.item(1));
  }
  checkLength(bytes.length * count, at);
  return Buffer.concat(Array.from({ length: bytes.length === 0 ? 0 : count }, () => bytes));
}

function checkLength(length: number, at: Place): void {
  if (length > MAX_BYTES) throw at.error(`is of ${length} bytes: at most ${MAX_BYTES} are allowed`);
}
