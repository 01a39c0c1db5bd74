import type { InternetAddress } from "../reactor/address.ts";
import type { OutgoingDatagrams } from "./datagram-driver.ts";

/** Slots at first and after each time it was empty: one batch; a power of two. */
const FIRST_SLOTS = 64;

/** What a free slot holds, so that it keeps nothing alive. */
const NOTHING = new Uint8Array(0);

/**
 * Datagrams that wait, first in first out: a ring that grows with what is in it, and lets go of
 * each datagram when that is removed. Whoever fills it bounds it.
 */
export class DatagramQueue implements OutgoingDatagrams {
  #data: Uint8Array[] = [];
  #addresses: InternetAddress[] = [];
  #slots = FIRST_SLOTS;
  #first = 0;
  #length = 0;
  #bytes = 0;
  /** How many, from the first, are copies that nobody else has. */
  #owned = 0;

  get data(): readonly Uint8Array[] {
    return this.#data;
  }

  get addresses(): readonly InternetAddress[] {
    return this.#addresses;
  }

  /** The slot of the next datagram. */
  get first(): number {
    return this.#first;
  }

  /** How many of them, from the first, have their slots side by side. */
  get run(): number {
    return Math.min(this.#length, this.#slots - this.#first);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(data: Uint8Array, address: InternetAddress): void {
    if (this.#length === this.#slots) this.#grow();
    const slot = (this.#first + this.#length) & (this.#slots - 1);
    this.#data[slot] = data;
    this.#addresses[slot] = address;
    this.#length++;
    this.#bytes += data.length;
  }

  /** Removes the first `count`, at most a run; returns how many bytes they had. */
  remove(count: number): number {
    let bytes = 0;
    const end = this.#first + count;
    for (let slot = this.#first; slot < end; slot++) {
      bytes += this.#data[slot]?.length ?? 0;
      this.#data[slot] = NOTHING;
    }
    this.#first = end & (this.#slots - 1);
    this.#length -= count;
    this.#owned = Math.max(0, this.#owned - count);
    this.#bytes -= bytes;
    if (this.#length === 0) this.#restart();
    return bytes;
  }

  /** Has copies of all that waits, which keep no more than their own bytes alive. */
  own(): void {
    for (; this.#owned < this.#length; this.#owned++) {
      const slot = (this.#first + this.#owned) & (this.#slots - 1);
      this.#data[slot] = new Uint8Array(this.#data[slot] ?? NOTHING);
    }
  }

  clear(): void {
    this.#data.fill(NOTHING);
    this.#length = 0;
    this.#owned = 0;
    this.#bytes = 0;
    this.#restart();
  }

  /** Begins at the first slot again, so that the next batch is one run. */
  #restart(): void {
    this.#first = 0;
    if (this.#data.length <= FIRST_SLOTS) return;
    this.#slots = FIRST_SLOTS;
    this.#data = [];
    this.#addresses = [];
  }

  #grow(): void {
    this.#data = rotated(this.#data, this.#first);
    this.#addresses = rotated(this.#addresses, this.#first);
    this.#first = 0;
    this.#slots *= 2;
  }
}

/** The items in an order in which the one at `first` comes first. */
function rotated<T>(items: readonly T[], first: number): T[] {
  return [...items.slice(first), ...items.slice(0, first)];
}
