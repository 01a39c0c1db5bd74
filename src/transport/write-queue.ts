import { SLAB_BYTES, type Turn } from "./turn.ts";

/** Chunks up to this size are copied together: copying them costs less than a send of their own. */
export const MAX_COPIED_BYTES = 16_384;

/**
 * The bytes of one connection that wait behind a first chunk, or that the kernel did not take.
 *
 * Small chunks are gathered in slabs, so that many small writes cost one send and the queue's
 * overhead stays in proportion to its bytes however small they are written. Large chunks are never
 * copied; what lies right behind one in memory, as pieces of one read do, becomes part of it.
 */
export class WriteQueue {
  readonly #turn: Turn;
  #bytes = 0;
  /** The first piece; the others wait in `#rest`. */
  #head: Piece | null = null;
  #headSent = 0;
  #rest: Piece[] = [];

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  /** How many bytes wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The buffer that holds the next bytes to send: `length` bytes from `offset`. */
  get buffer(): Uint8Array {
    if (this.#head === null) throw new Error("The write queue is empty");
    return this.#head.whole();
  }

  get offset(): number {
    return this.#headSent;
  }

  get length(): number {
    return this.#head === null ? 0 : this.#head.length - this.#headSent;
  }

  /** Whether the chunk to be sent next has the length that it was written with. */
  get isIntact(): boolean {
    return this.#head === null || this.#head.isIntact;
  }

  /**
   * Appends a chunk, which must not be empty and is not to be changed until it has been sent.
   *
   * @param length how long it was when it was written
   */
  push(chunk: Uint8Array, length = chunk.length): void {
    this.#bytes += length;
    if (this.#head === null) this.#head = new Piece(chunk, length, false);
    else if (this.#tail?.joins(chunk)) return;
    else if (chunk.length <= MAX_COPIED_BYTES) this.#gather(chunk);
    else this.#append(new Piece(chunk, chunk.length, false));
  }

  /** The next `count` bytes have been taken. */
  advance(count: number): void {
    this.#bytes -= count;
    this.#headSent += count;
    const head = this.#head;
    if (head === null || this.#headSent < head.length) return;
    if (head.isSlab) this.#turn.returnSlab(head.bytes as Buffer);
    this.#headSent = 0;
    this.#head = this.#rest.shift() ?? null;
  }

  /** Drops all that waits. */
  clear(): void {
    for (const piece of this.#head === null ? [] : [this.#head, ...this.#rest]) {
      if (piece.isSlab) this.#turn.returnSlab(piece.bytes as Buffer);
    }
    this.#head = null;
    this.#headSent = 0;
    this.#rest = [];
    this.#bytes = 0;
  }

  #append(piece: Piece): void {
    this.#sealTail();
    this.#rest.push(piece);
  }

  #gather(chunk: Uint8Array): void {
    const tail = this.#tail;
    if (tail?.takes(chunk)) {
      tail.append(chunk);
      return;
    }
    const slab = new Piece(this.#turn.takeSlab(), 0, true);
    // The only chunk so far joins its successors, unless it is large or partly sent.
    if (tail === this.#head && this.#headSent === 0 && tail?.isSmallChunk) {
      slab.append(tail.bytes);
      this.#head = slab;
    } else {
      this.#append(slab);
    }
    slab.append(chunk);
  }

  get #tail(): Piece | null {
    return this.#rest.at(-1) ?? this.#head;
  }

  /** A slab that will not grow any more gives back the memory that it does not use. */
  #sealTail(): void {
    const tail = this.#tail;
    if (!tail?.isSlab || tail.length > SLAB_BYTES / 2) return;
    const slab = tail.bytes as Buffer;
    const exact = Buffer.from(slab.subarray(0, tail.length));
    this.#turn.returnSlab(slab);
    const sealed = new Piece(exact, exact.length, false);
    if (tail === this.#head) this.#head = sealed;
    else this.#rest.splice(-1, 1, sealed);
  }
}

/** A chunk as it was written, or a slab that several were copied into. */
class Piece {
  bytes: Uint8Array;
  /** How much is to be sent: a chunk and those it was joined by, or the filled part of a slab. */
  length: number;
  /** How long `bytes` was when it was written. */
  #chunkBytes: number;
  readonly isSlab: boolean;

  constructor(bytes: Uint8Array, length: number, isSlab: boolean) {
    this.bytes = bytes;
    this.length = length;
    this.#chunkBytes = length;
    this.isSlab = isSlab;
  }

  /** The memory with all that is to be sent. */
  whole(): Uint8Array {
    if (!this.isSlab && this.length > this.#chunkBytes) {
      const { buffer, byteOffset } = this.bytes;
      this.bytes = new Uint8Array(buffer, byteOffset, this.length);
      this.#chunkBytes = this.length;
    }
    return this.bytes;
  }

  get isSmallChunk(): boolean {
    return !this.isSlab && this.length <= MAX_COPIED_BYTES && this.isIntact;
  }

  /** A chunk whose memory was transferred or resized is not as long as when it was written. */
  get isIntact(): boolean {
    return this.isSlab || this.bytes.length === this.#chunkBytes;
  }

  /** Whether there is room for `chunk` in this slab. */
  takes(chunk: Uint8Array): boolean {
    return this.isSlab && this.length + chunk.length <= SLAB_BYTES;
  }

  append(chunk: Uint8Array): void {
    this.bytes.set(chunk, this.length);
    this.length += chunk.length;
  }

  /** Takes a chunk in that lies in memory right behind this one, where this one is large. */
  joins(chunk: Uint8Array): boolean {
    const { bytes, length } = this;
    if (length <= MAX_COPIED_BYTES) return false;
    if (this.isSlab || !this.isIntact || bytes.buffer !== chunk.buffer) return false;
    if (bytes.byteOffset + length !== chunk.byteOffset) return false;
    this.length += chunk.length;
    return true;
  }
}
