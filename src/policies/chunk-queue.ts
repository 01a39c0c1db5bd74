/** Chunks up to this long are copied together: many of them take no more than their bytes. */
const MAX_COPIED_BYTES = 1_024;

/** What they are copied into: little for a queue that has few, and more for one that has many. */
const MIN_SLAB_BYTES = 1_024;
const MAX_SLAB_BYTES = 16_384;

const NO_SLAB = Buffer.alloc(0);

/** How many taken chunks may stay in the list before it is cut. */
const MAX_TAKEN_CHUNKS = 64;

/** Bytes that wait, in order: chunks go in, pieces of any length come out. */
export class ChunkQueue {
  #chunks: Uint8Array[] = [];
  /** The first chunk that has not been taken. */
  #first = 0;
  #bytes = 0;
  #slab = NO_SLAB;
  #slabEnd = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends a chunk, which must not be changed any more. */
  push(chunk: Uint8Array): void {
    const isOnly = this.#bytes === 0;
    this.#bytes += chunk.length;
    if (isOnly || chunk.length > MAX_COPIED_BYTES) this.#chunks.push(chunk);
    else this.#copy(chunk);
  }

  /** Takes a piece of at most `maxBytes`, and perhaps less; empty when nothing waits. */
  take(maxBytes: number): Uint8Array {
    const chunk = this.#chunks[this.#first];
    if (chunk === undefined) return new Uint8Array(0);
    const piece = chunk.subarray(0, maxBytes);
    this.#bytes -= piece.length;
    if (piece.length < chunk.length) this.#chunks[this.#first] = chunk.subarray(maxBytes);
    else this.#dropFirst();
    return piece;
  }

  clear(): void {
    this.#chunks = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#slab = NO_SLAB;
    this.#slabEnd = 0;
  }

  #dropFirst(): void {
    this.#first++;
    if (this.#bytes === 0) return this.clear();
    if (this.#first < MAX_TAKEN_CHUNKS || 2 * this.#first < this.#chunks.length) return;
    this.#chunks = this.#chunks.slice(this.#first);
    this.#first = 0;
  }

  /** Behind the last chunk where that is the end of the slab, or else as the first of a new one. */
  #copy(chunk: Uint8Array): void {
    if (this.#slabEnd + chunk.length > this.#slab.length) {
      const slabBytes = Math.min(MAX_SLAB_BYTES, Math.max(MIN_SLAB_BYTES, 2 * this.#slab.length));
      this.#slab = Buffer.allocUnsafeSlow(slabBytes);
      this.#slabEnd = 0;
    }
    const start = this.#slabEnd;
    this.#slab.set(chunk, start);
    this.#slabEnd += chunk.length;
    const last = this.#chunks.length - 1;
    const before = last < this.#first ? undefined : this.#chunks[last];
    if (before?.buffer === this.#slab.buffer) {
      this.#chunks[last] = this.#slab.subarray(before.byteOffset, this.#slabEnd);
    } else {
      this.#chunks.push(this.#slab.subarray(start, this.#slabEnd));
    }
  }
}
