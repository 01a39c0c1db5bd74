/**
 * The chunks of one connection that wait behind what can be looked at in one piece. The bytes at
 * their front may have been copied there already: those count no more, but a chunk stays until it
 * is taken or has been copied whole and is followed by another.
 */
export class PendingChunks {
  #first: Buffer | null = null;
  #copied = 0;
  /** The chunks after the first one, from `#laterStart` on. */
  #later: Buffer[] = [];
  #laterStart = 0;
  #length = 0;

  /** How many bytes wait that have not been copied. */
  get length(): number {
    return this.#length;
  }

  /** How many bytes of the first chunk have been copied. */
  get copied(): number {
    return this.#copied;
  }

  /** Whether there is no chunk, not even one that was copied whole. */
  get isEmpty(): boolean {
    return this.#first === null;
  }

  /** How much memory the chunks hold, in bytes. */
  get heldBytes(): number {
    let held = this.#first?.length ?? 0;
    for (let index = this.#laterStart; index < this.#later.length; index++) {
      held += this.#later[index]?.length ?? 0;
    }
    return held;
  }

  push(chunk: Buffer): void {
    if (this.#first === null) this.#first = chunk;
    else this.#later.push(chunk);
    this.#length += chunk.length;
  }

  /** Takes the first chunk, with what of it was copied. Returns null when there is none. */
  shift(): Buffer | null {
    const first = this.#first;
    if (first === null) return null;
    this.#length -= first.length - this.#copied;
    this.#advance();
    return first;
  }

  /** Copies `count` bytes at most, all of one chunk. Returns how many. */
  copyTo(target: Buffer, start: number, count: number): number {
    if (this.#copied === this.#first?.length) this.#advance();
    const first = this.#first;
    if (first === null) return 0;
    const copied = first.copy(target, start, this.#copied, this.#copied + count);
    this.#copied += copied;
    this.#length -= copied;
    return copied;
  }

  /** Takes all that was not copied, in its chunks. */
  takeAll(): Buffer[] {
    const { copied } = this;
    const first = this.shift();
    if (first === null) return [];
    const chunks = [first.subarray(copied)];
    for (let next = this.shift(); next !== null; next = this.shift()) chunks.push(next);
    return chunks;
  }

  clear(): void {
    this.#first = null;
    this.#copied = 0;
    this.#later = [];
    this.#laterStart = 0;
    this.#length = 0;
  }

  #advance(): void {
    this.#copied = 0;
    this.#first = this.#later[this.#laterStart] ?? null;
    if (this.#first === null) return;
    this.#laterStart++;
    if (this.#laterStart < this.#later.length) return;
    this.#later = [];
    this.#laterStart = 0;
  }
}
