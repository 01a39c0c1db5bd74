import type { SeededRandom } from "../../src/testing/seeded-random.ts";

/** One of several. */
export function oneOf<T>(random: SeededRandom, choices: readonly [T, ...T[]]): T {
  return choices[random.integer(0, choices.length - 1)] ?? choices[0];
}

/** Mostly short, now and then up to `max`. */
export function randomLength(random: SeededRandom, max: number): number {
  return Math.floor(max * random.next() ** 4);
}

/** Bytes of the alphabet; few different ones make delimiters and their beginnings frequent. */
export function randomBytes(random: SeededRandom, length: number, alphabet: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++) {
    bytes[index] = alphabet[random.integer(0, alphabet.length - 1)] ?? 0;
  }
  return bytes;
}

/** The bytes with some changed, left out or put in. */
export function damaged(random: SeededRandom, bytes: Buffer, alphabet: Uint8Array): Buffer {
  const place = random.integer(0, bytes.length);
  const removed = random.integer(0, 2);
  const added = randomBytes(random, random.integer(0, 3), alphabet);
  return Buffer.concat([bytes.subarray(0, place), added, bytes.subarray(place + removed)]);
}

/** The bytes cut at random, mostly in few pieces, sometimes in many; each is a copy. */
export function cutRandomly(random: SeededRandom, bytes: Buffer): Buffer[] {
  const maxChunk = Math.max(1, Math.ceil(bytes.length * random.next() ** 2));
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = start + random.integer(1, maxChunk);
    chunks.push(Buffer.from(bytes.subarray(start, end)));
    start = end;
  }
  return chunks;
}
