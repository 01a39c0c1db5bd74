import { seededBytes } from "../seeded-bytes.ts";

/** A prime, so that no number of writes per callback makes the same chunks meet each time. */
const CHUNKS = 61;

/**
 * The chunks of one benchmark cell, sent in turn without end. All differ, so that one that is lost,
 * doubled or out of place changes the hash of the stream.
 */
export class ChunkRing {
  readonly #chunks: readonly Uint8Array[];

  constructor(chunkBytes: number, seed: number) {
    // They overlap: what matters is where each begins.
    const bytes = seededBytes(chunkBytes + CHUNKS, seed);
    this.#chunks = Array.from({ length: CHUNKS }, (_, start) =>
      bytes.subarray(start, start + chunkBytes),
    );
  }

  /** The chunk at `index` of the stream. */
  at(index: number): Uint8Array {
    // Never undefined: the remainder is below the length.
    return this.#chunks[index % CHUNKS] as Uint8Array;
  }

  /** The hash of the first `count` chunks of the stream. */
  hashOf(count: number): string {
    const hash = new Bun.CryptoHasher("sha256");
    for (let index = 0; index < count; index++) hash.update(this.at(index));
    return hash.digest("hex");
  }
}
