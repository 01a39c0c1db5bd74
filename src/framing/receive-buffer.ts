import { PendingChunks } from "./pending-chunks.ts";

/** Memory that a small rest is kept in, so that what completes it mostly still fits. */
const MIN_STORAGE_BYTES = 256;

/** How much a search copies to a rest before it looks again. */
const MIN_SEARCHED_BYTES = 64;

const EMPTY = Buffer.alloc(0);

/**
 * The bytes of one connection that have come and are not yet taken, as one sequence, however they
 * were cut. Who owns it appends what comes; a codec looks at the front and takes frames from it.
 *
 * What is taken is a view, not a copy, and stays valid for ever: memory that a view may show is
 * never written again. A chunk is used where it lies; only a frame that crosses the border of two
 * chunks is copied together, each byte a bounded number of times however small the chunks are.
 */
export class ReceiveBuffer {
  /** What can be looked at in one piece: a chunk, or the written part of `#storage`. */
  #window: Buffer = EMPTY;
  /** Where in the window the first byte is that has not been taken. */
  #start = 0;
  /** The memory behind the window where that is our own; null where the window is a chunk. */
  #storage: Buffer | null = null;
  /** What goes on behind the window. What of it was copied is in the window too. */
  readonly #waiting = new PendingChunks();
  /** How long the frame under way may become: what its memory need not exceed. */
  #expected = Number.POSITIVE_INFINITY;
  /** What was sought last, and how much of the front is known not to have it. */
  #sought: number | Uint8Array = -1;
  #searched = 0;

  /** How many bytes there are. */
  get length(): number {
    return this.#window.length - this.#start + this.#waiting.length;
  }

  /** The memory that is held on to, in bytes: the chunks that are not used up, and spare room. */
  get heldBytes(): number {
    return (this.#storage ?? this.#window).length + this.#waiting.heldBytes;
  }

  /** Appends a chunk, which must not be changed any more. */
  append(chunk: Buffer): void {
    if (chunk.length === 0) return;
    const isDrained = this.#start === this.#window.length && this.#waiting.isEmpty;
    if (isDrained) this.#showFrom(chunk, 0);
    else this.#waiting.push(chunk);
  }

  /**
   * Puts bytes back in front of all others. To put back the end of what was taken last costs
   * nothing.
   */
  prepend(data: Buffer): void {
    this.#searched = 0;
    const window = this.#window;
    const wasTakenLast =
      data.length <= this.#start &&
      data.buffer === window.buffer &&
      data.byteOffset + data.length === window.byteOffset + this.#start;
    if (wasTakenLast) {
      this.#start -= data.length;
    } else {
      const unread = [window.subarray(this.#start), ...this.#waiting.takeAll()];
      this.#showFrom(data, 0);
      for (const chunk of unread) this.append(chunk);
    }
  }

  /** Whether there are `count` bytes. */
  has(count: number): boolean {
    return this.#window.length - this.#start >= count || this.length >= count;
  }

  /**
   * Says that the frame under way has at most `count` bytes, so that its memory need not grow
   * beyond that. Without it memory grows to at most twice of what is there.
   */
  expect(count: number): void {
    this.#expected = count;
  }

  /** The byte at `offset`. @throws {RangeError} when there is none */
  byteAt(offset: number): number {
    this.#needContiguous(offset + 1);
    return this.#window[this.#start + offset] ?? 0;
  }

  /**
   * The unsigned integer of `byteCount` bytes at `offset`, most significant byte first. Of more
   * than 6 bytes the last digits may be lost, as in any number above 2 to the 53rd.
   *
   * @throws {RangeError} when there are not so many bytes
   */
  readUIntBE(offset: number, byteCount: number): number {
    this.#needContiguous(offset + byteCount);
    const start = this.#start + offset;
    const window = this.#window;
    let value = 0;
    for (let index = start; index < start + byteCount; index++) {
      value = value * 256 + (window[index] ?? 0);
    }
    return value;
  }

  /** As `readUIntBE`, least significant byte first. */
  readUIntLE(offset: number, byteCount: number): number {
    this.#needContiguous(offset + byteCount);
    const start = this.#start + offset;
    const window = this.#window;
    let value = 0;
    for (let index = start + byteCount - 1; index >= start; index--) {
      value = value * 256 + (window[index] ?? 0);
    }
    return value;
  }

  /**
   * Where `needle`, a byte or several, begins; -1 when it is not there. Asked again for the same
   * needle when more has come, it looks only at what is new.
   */
  indexOf(needle: number | Uint8Array): number {
    if (this.#searched !== 0 && this.#sought !== needle) this.#searched = 0;
    const found = this.#window.indexOf(needle, this.#start + this.#searched);
    return found === -1 ? this.#searchOn(needle, Number.POSITIVE_INFINITY) : found - this.#start;
  }

  /** A view of the first `count` bytes, which stay. @throws {RangeError} when there are fewer */
  peek(count: number): Buffer {
    this.#needContiguous(count);
    return this.#window.subarray(this.#start, this.#start + count);
  }

  /** Takes the first `count` bytes. @throws {RangeError} when there are fewer */
  take(count: number): Buffer {
    this.#needContiguous(count);
    const start = this.#start;
    this.#start = start + count;
    this.#searched = 0;
    return this.#window.subarray(start, start + count);
  }

  /**
   * Takes what is before `delimiter`, and throws the delimiter away.
   *
   * @returns null, with nothing taken, when there are more than `maxLength` bytes before it, or it
   * has not come
   */
  takeLine(delimiter: Buffer, maxLength: number): Buffer | null {
    if (this.#searched !== 0 && this.#sought !== delimiter) this.#searched = 0;
    // One byte is found faster than several, and nearly always it is the end of the delimiter.
    const window = this.#window;
    const start = this.#start;
    const last = window.indexOf(delimiter[delimiter.length - 1] ?? 0, start + this.#searched);
    const end = last - delimiter.length + 1;
    if (end < start || end - start > maxLength || !endsWith(window, delimiter, last)) {
      return this.#takeLineSlowly(delimiter, maxLength);
    }
    this.#start = last + 1;
    this.#searched = 0;
    return window.subarray(start, end);
  }

  /** Takes as much as there is in one piece, without copying; null when there is nothing. */
  takeChunk(): Buffer | null {
    this.#moveOntoNext();
    return this.#extend(1) ? this.take(this.#window.length - this.#start) : null;
  }

  /** Takes everything. */
  takeAll(): Buffer {
    return this.take(this.length);
  }

  /** Throws the first `count` bytes away. @throws {RangeError} when there are fewer */
  skip(count: number): void {
    this.#searched = 0;
    if (!isCount(count)) throw shortage(count, this.length);
    if (this.#start + count <= this.#window.length) {
      this.#start += count;
      return;
    }
    if (count > this.length) throw shortage(count, this.length);
    for (let rest = count; rest > 0; this.#extend(1)) {
      const step = Math.min(rest, this.#window.length - this.#start);
      this.#start += step;
      rest -= step;
    }
  }

  /** Throws everything away. */
  clear(): void {
    this.#searched = 0;
    this.#waiting.clear();
    this.#showFrom(EMPTY, 0);
  }

  /**
   * To be called when a codec has taken what it can for now: moves the rest together, out of a
   * chunk that it would otherwise keep in memory.
   */
  settle(): void {
    if (this.#waiting.length > 0) this.#extend(this.length);
    this.#waiting.clear();
    const unread = this.#window.length - this.#start;
    if (unread === 0) {
      this.#showFrom(EMPTY, 0);
      return;
    }
    // Of a chunk the rest would be copied anyway once more comes; our own memory is used up first.
    const held = this.#storage?.length ?? this.#window.length;
    const leastUsed = this.#storage === null ? held : held >> 1;
    if (unread < leastUsed && held > MIN_STORAGE_BYTES) this.#store(0);
  }

  #needContiguous(count: number): void {
    if (!isCount(count)) throw shortage(count, this.length);
    if (this.#start + count <= this.#window.length || this.#extend(count)) return;
    throw shortage(count, this.length);
  }

  #takeLineSlowly(delimiter: Buffer, maxLength: number): Buffer | null {
    const found = this.#window.indexOf(delimiter, this.#start + this.#searched);
    const length =
      found === -1 ? this.#searchOn(delimiter, maxLength + delimiter.length) : found - this.#start;
    if (length === -1 || length > maxLength) return null;
    const line = this.take(length);
    this.skip(delimiter.length);
    return line;
  }

  /**
   * Looks on behind the window, which grows by what has been looked at.
   *
   * @param mostBytes where to give up, at the latest
   */
  #searchOn(needle: number | Uint8Array, mostBytes: number): number {
    const overlap = typeof needle === "number" ? 0 : needle.length - 1;
    this.#sought = needle;
    for (;;) {
      const unread = this.#window.length - this.#start;
      this.#searched = Math.max(0, unread - overlap);
      if (this.#waiting.length === 0 || unread >= mostBytes) return -1;
      const step = Math.min(Math.max(unread, MIN_SEARCHED_BYTES), mostBytes - unread);
      this.#expected = mostBytes;
      this.#extend(unread + Math.min(this.#waiting.length, step));
      const found = this.#window.indexOf(needle, this.#start + this.#searched);
      if (found !== -1) return found - this.#start;
    }
  }

  /** Makes the window hold `count` untaken bytes at least. Returns false when there are fewer. */
  #extend(count: number): boolean {
    for (;;) {
      const unread = this.#window.length - this.#start;
      if (unread >= count) return true;
      const waiting = this.#waiting.length;
      if (waiting === 0) return false;
      if (!this.#moveOntoNext()) this.#join(Math.min(count - unread, waiting));
    }
  }

  /** Makes the next chunk the window, if all that is left of the window was copied from it. */
  #moveOntoNext(): boolean {
    const { copied } = this.#waiting;
    const unread = this.#window.length - this.#start;
    const next = unread <= copied ? this.#waiting.shift() : null;
    if (next !== null) this.#showFrom(next, copied - unread);
    return next !== null;
  }

  /** Copies what waits behind the window: `count` bytes at most, all of one chunk. */
  #join(count: number): void {
    let storage = this.#storage;
    if (storage === null || this.#window.length + count > storage.length) {
      storage = this.#store(count);
    }
    const end = this.#window.length;
    this.#window = storage.subarray(0, end + this.#waiting.copyTo(storage, end, count));
  }

  /** Moves the window to new memory of our own, with room for at least `count` bytes more. */
  #store(count: number): Buffer {
    const unread = this.#window.length - this.#start;
    const needed = unread + count;
    const size = Math.max(needed, MIN_STORAGE_BYTES, Math.min(2 * unread, this.#expected));
    this.#expected = Number.POSITIVE_INFINITY;
    const storage = Buffer.allocUnsafeSlow(size);
    this.#window.copy(storage, 0, this.#start);
    this.#storage = storage;
    this.#window = storage.subarray(0, unread);
    this.#start = 0;
    return storage;
  }

  #showFrom(window: Buffer, start: number): void {
    this.#window = window;
    this.#start = start;
    this.#storage = null;
  }
}

/** Whether the bytes in front of `last` are those of `part` in front of its last one. */
function endsWith(window: Buffer, part: Buffer, last: number): boolean {
  for (let back = part.length - 1; back > 0; back--) {
    if (window[last - back] !== part[part.length - 1 - back]) return false;
  }
  return true;
}

/** Anything else would move the front to where no byte begins, or back over what was taken. */
function isCount(count: number): boolean {
  return Number.isInteger(count) && count >= 0;
}

function shortage(wanted: number, length: number): RangeError {
  return new RangeError(`Cannot take ${wanted} bytes: ${length} are there`);
}
