import { seededBytes } from "../seeded-bytes.ts";
import { type DatagramPlan, HEADER_BYTES, MAX_DATAGRAMS } from "./control-message.ts";

/** Counts the datagrams of one run, by their sequence numbers. */
export class DatagramRun {
  readonly #run: number;
  readonly #plan: DatagramPlan;
  readonly #contents: Buffer;
  /** A bit for each sequence number; grows with the highest. */
  #seen = new Uint8Array(1_024);
  #next = 0;
  #firstAt = 0;
  #lastAt = 0;
  received = 0;
  duplicates = 0;
  reordered = 0;
  damaged = 0;

  constructor(run: number, plan: DatagramPlan) {
    this.#run = run;
    this.#plan = plan;
    this.#contents = seededBytes(plan.bytes, plan.seed);
  }

  get spanMs(): number {
    return this.#lastAt - this.#firstAt;
  }

  /** Counts one datagram, unless it is of another run. */
  count(data: Buffer, now: number): void {
    if (data.length < HEADER_BYTES || data.readUInt32BE(0) !== this.#run) return;
    const sequence = data.readUInt32BE(4);
    if (sequence >= MAX_DATAGRAMS || !this.#isIntact(data)) {
      this.damaged++;
      return;
    }
    if (this.#mark(sequence)) {
      this.duplicates++;
      return;
    }
    if (sequence < this.#next) this.reordered++;
    else this.#next = sequence + 1;
    if (this.received === 0) this.#firstAt = now;
    this.#lastAt = now;
    this.received++;
  }

  #isIntact(data: Buffer): boolean {
    const { bytes, compares } = this.#plan;
    if (data.length !== bytes) return false;
    return !compares || data.subarray(HEADER_BYTES).equals(this.#contents.subarray(HEADER_BYTES));
  }

  /** Returns whether it was marked already. */
  #mark(sequence: number): boolean {
    const index = sequence >> 3;
    if (index >= this.#seen.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(index + 1)));
      larger.set(this.#seen);
      this.#seen = larger;
    }
    const bit = 1 << (sequence & 7);
    const marked = (Number(this.#seen[index]) & bit) !== 0;
    this.#seen[index] = Number(this.#seen[index]) | bit;
    return marked;
  }
}
