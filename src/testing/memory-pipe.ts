/** One direction of a connection in memory: what was sent and not yet received, up to a limit. */
export class MemoryPipe {
  readonly #capacityBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get hasRoom(): boolean {
    return this.#bytes < this.#capacityBytes;
  }

  /** Copies as much as there is room for, and returns how much that was. */
  write(data: Uint8Array, offset: number, length: number): number {
    const taken = Math.min(length, this.#capacityBytes - this.#bytes);
    if (taken === 0) return 0;
    this.#chunks.push(Buffer.from(data.subarray(offset, offset + taken)));
    this.#bytes += taken;
    return taken;
  }

  /** Takes out up to `maxBytes`, joined as a stream joins them. */
  read(maxBytes: number): Buffer {
    const [first] = this.#chunks;
    const all = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.#chunks = all.length > maxBytes ? [all.subarray(maxBytes)] : [];
    const taken = all.length > maxBytes ? Buffer.from(all.subarray(0, maxBytes)) : all;
    this.#bytes -= taken.length;
    return taken;
  }

  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
  }
}
