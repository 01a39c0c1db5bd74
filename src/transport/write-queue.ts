import { SLAB_BYTES, type Turn } from "./turn.ts";

/** Chunks up to this size are copied together: copying them costs less than a send of their own. */
export const MAX_COPIED_BYTES = 16_384;

/**
 * The bytes of one connection that the kernel has not taken yet, in order.
 *
 * A single chunk is kept as it is and never copied. From the second small chunk on, small chunks
 * are gathered in a slab, so that many small writes cost one send and the queue's overhead stays
 * in proportion to its bytes however small they are written.
 */
export class WriteQueue {
  readonly #turn: Turn;
  #bytes = 0;
  /** The first piece; the others wait in `#rest`. */
  #head: Uint8Array | Slab | null = null;
  #headSent = 0;
  #rest: (Uint8Array | Slab)[] | null = null;

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  /** How many bytes wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The buffer that holds the next bytes to send: `length` bytes from `offset`. */
  get buffer(): Uint8Array {
    const head = this.#head;
    if (head === null) throw new Error("The write queue is empty");
    return head instanceof Slab ? head.buffer : head;
  }

  get offset(): number {
    return this.#headSent;
  }

  get length(): number {
    return this.#head === null ? 0 : this.#head.length - this.#headSent;
  }

  /** Appends a chunk, which must not be empty and is not to be changed until it has been sent. */
  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#head === null) {
      this.#head = chunk;
    } else if (chunk.length > MAX_COPIED_BYTES) {
      this.#append(chunk);
    } else {
      this.#gather(chunk);
    }
  }

  /**
   * Takes out the only chunk, when there is one alone and it is as it was pushed; or else null. The
   * usual case of one write per turn then costs no more than a send.
   */
  takeOnly(): Uint8Array | null {
    const head = this.#head;
    if (head === null || this.#rest !== null || this.#headSent > 0 || head instanceof Slab) {
      return null;
    }
    this.#head = null;
    this.#bytes = 0;
    return head;
  }

  /** The next `count` bytes have been taken. */
  advance(count: number): void {
    this.#bytes -= count;
    this.#headSent += count;
    const head = this.#head;
    if (head === null || this.#headSent < head.length) return;
    if (head instanceof Slab) this.#turn.returnSlab(head.buffer);
    this.#headSent = 0;
    this.#head = this.#rest?.shift() ?? null;
    if (this.#head === null) this.#rest = null;
  }

  /** Drops all that waits. */
  clear(): void {
    while (this.#bytes > 0) this.advance(this.length);
  }

  #append(piece: Uint8Array | Slab): void {
    this.#sealTail();
    if (this.#rest === null) this.#rest = [piece];
    else this.#rest.push(piece);
  }

  #gather(chunk: Uint8Array): void {
    const tail = this.#tail;
    if (tail instanceof Slab && tail.length + chunk.length <= SLAB_BYTES) {
      tail.append(chunk);
      return;
    }
    const slab = new Slab(this.#turn.takeSlab());
    // The only chunk so far joins its successors, unless it is large or partly sent.
    if (tail === this.#head && this.#headSent === 0 && isSmallChunk(tail)) {
      slab.append(tail);
      this.#head = slab;
    } else {
      this.#append(slab);
    }
    slab.append(chunk);
  }

  get #tail(): Uint8Array | Slab | null {
    return this.#rest?.at(-1) ?? this.#head;
  }

  /** A slab that will not grow any more gives back the memory that it does not use. */
  #sealTail(): void {
    const tail = this.#tail;
    if (!(tail instanceof Slab) || tail.length > SLAB_BYTES / 2) return;
    const exact = Buffer.from(tail.buffer.subarray(0, tail.length));
    this.#turn.returnSlab(tail.buffer);
    if (tail === this.#head) this.#head = exact;
    else this.#rest?.splice(-1, 1, exact);
  }
}

function isSmallChunk(piece: Uint8Array | Slab | null): piece is Uint8Array {
  return piece instanceof Uint8Array && piece.length <= MAX_COPIED_BYTES;
}

class Slab {
  readonly buffer: Buffer;
  length = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  append(chunk: Uint8Array): void {
    this.buffer.set(chunk, this.length);
    this.length += chunk.length;
  }
}
