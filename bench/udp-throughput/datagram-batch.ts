import { seededBytes } from "../seeded-bytes.ts";

/** Datagrams that are sent again and again, each time with the next sequence numbers. */
export class DatagramBatch {
  readonly datagrams: readonly Buffer[];
  #next = 0;

  constructor(count: number, bytes: number, run: number, seed: number) {
    const contents = seededBytes(bytes, seed);
    contents.writeUInt32BE(run, 0);
    this.datagrams = Array.from({ length: count }, () => Buffer.from(contents));
  }

  /** How many have been numbered so far. */
  get numbered(): number {
    return this.#next;
  }

  /** Numbers each datagram; nothing may still hold them. */
  number(): void {
    for (const datagram of this.datagrams) datagram.writeUInt32BE(this.#next++, 4);
  }
}
