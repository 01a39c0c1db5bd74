/**
 * What one end of a connection has written, and how much of it has arrived: what arrives must be
 * the beginning of what was written. Keeps what is under way, and nothing else.
 */
export class SimulationLedger {
  readonly #chunks: Buffer[] = [];
  #first = 0;
  /** How much of the first chunk has arrived. */
  #firstArrived = 0;
  /** How much was given back by a protocol for its successor, and comes a second time. */
  #givenBack = 0;
  writtenBytes = 0;
  arrivedBytes = 0;

  /** A chunk was written. Keeps a copy, so that a change to the chunk afterwards is noticed. */
  wrote(chunk: Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk));
    this.writtenBytes += chunk.length;
  }

  /** The chunk that was written last was not taken after all. */
  takeBack(): void {
    this.writtenBytes -= this.#chunks.pop()?.length ?? 0;
  }

  /** So many bytes that have arrived are to be delivered again, before anything else. */
  giveBack(bytes: number): void {
    this.#givenBack += bytes;
  }

  /** Bytes were delivered. Returns what is wrong with them, if anything is. */
  arrived(data: Buffer): string | null {
    let at = Math.min(this.#givenBack, data.length);
    this.#givenBack -= at;
    while (at < data.length) {
      const chunk = this.#chunks[this.#first];
      if (chunk === undefined) return `${data.length - at} bytes arrived that were never written`;
      const count = Math.min(data.length - at, chunk.length - this.#firstArrived);
      const end = this.#firstArrived + count;
      if (chunk.compare(data, at, at + count, this.#firstArrived, end) !== 0) {
        return `the bytes from ${this.arrivedBytes} on are not those that were written`;
      }
      at += count;
      this.arrivedBytes += count;
      this.#firstArrived = end;
      if (end === chunk.length) this.#dropFirst();
    }
    return null;
  }

  #dropFirst(): void {
    this.#firstArrived = 0;
    this.#first++;
    if (this.#first < this.#chunks.length) return;
    this.#chunks.length = 0;
    this.#first = 0;
  }
}
