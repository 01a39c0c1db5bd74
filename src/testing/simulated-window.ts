import { ONCE, type ScheduleSite } from "./schedule.ts";
import { magnitude } from "./schedule-hash.ts";
import type { Simulation } from "./simulation.ts";

/** The end of a connection that writes. */
export interface FlowSender {
  /** It may write more, `delayMs` from now. */
  mayWriteIn(delayMs: number): void;
}

/** As the kernel buffers of a loopback connection before they grow, in order of magnitude. */
const DEFAULT_CAPACITY_BYTES = 65_536;

/** A small buffer has less than 2^13 bytes, half of them less than 2^7. */
const SMALL_BUFFER_BITS = 12;

/** It doubles once so many times its size has gone through: a long stream costs little. */
const FILLINGS_TO_DOUBLE = 32;

/** After a short write the system takes more within 2^7 ms. */
const SHORT_WRITE_MS_BITS = 6;

/** Room is known of later than it is made; or else time would stand still in a small buffer. */
const MIN_ROOM_MS = 1;

/** How much of what one end writes is taken: what there is room for until the other end reads. */
export class SimulatedWindow {
  readonly #simulation: Simulation;
  readonly #site: ScheduleSite;
  #capacityBytes: number;
  /** How many bytes it takes before it is larger. */
  #doublesAtByte: number;
  #sender: FlowSender | null = null;
  #senderWaits = false;
  #takenBytes = 0;
  /** What was read, as far as the sender has heard of it. */
  #answeredBytes = 0;
  #shortWriteAt = -1;

  constructor(simulation: Simulation, site: ScheduleSite) {
    this.#simulation = simulation;
    this.#site = site;
    const hash = simulation.schedule.decide("small-buffer", site, ONCE);
    this.#capacityBytes = hash < 0 ? DEFAULT_CAPACITY_BYTES : magnitude(hash, SMALL_BUFFER_BITS);
    this.#doublesAtByte = this.#capacityBytes * FILLINGS_TO_DOUBLE;
  }

  /** From now on `sender` is told when it may write more. */
  attach(sender: FlowSender): void {
    this.#sender = sender;
  }

  /** How many bytes were taken so far. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** How many of them the other end has read, as far as the sender has heard of it. */
  get answeredBytes(): number {
    return this.#answeredBytes;
  }

  get hasRoom(): boolean {
    return this.#takenBytes - this.#answeredBytes < this.#capacityBytes;
  }

  /** So many bytes are taken, as `room` allowed. */
  take(bytes: number): void {
    this.#takenBytes += bytes;
  }

  /** How much of a write is taken. Its sender is told when there is more. */
  room(length: number): number {
    const { schedule } = this.#simulation;
    const waiting = this.#takenBytes - this.#answeredBytes;
    const room = Math.min(length, this.#capacityBytes - waiting);
    if (room < length) {
      this.#senderWaits = true;
      if (this.#capacityBytes < DEFAULT_CAPACITY_BYTES) {
        schedule.took("small-buffer", this.#site, ONCE, this.#capacityBytes);
      }
    }
    const at = this.#takenBytes;
    // The next try at the same place must not fail for the same reason.
    if (room === 0 || this.#shortWriteAt === at) return room;
    const hash = schedule.decide("short-write", this.#site, at);
    if (hash < 0) return room;
    this.#shortWriteAt = at;
    const bytes = hash % room;
    schedule.took("short-write", this.#site, at, bytes);
    this.tryAgainIn(magnitude(hash, SHORT_WRITE_MS_BITS));
    return bytes;
  }

  /** Has the sender write again, to find out how things are. */
  tryAgainIn(delayMs: number): void {
    this.#sender?.mayWriteIn(delayMs);
  }

  /**
   * The other end has read so many bytes in all.
   *
   * @param heardInMs when the sender hears of it; infinity when he never does
   */
  answer(readBytes: number, heardInMs: number): void {
    if (heardInMs === Number.POSITIVE_INFINITY) return;
    this.#answeredBytes = readBytes;
    this.#grow();
    if (!this.#senderWaits) return;
    this.#senderWaits = false;
    this.tryAgainIn(Math.max(heardInMs, MIN_ROOM_MS));
  }

  /** Only where the sender is told of room, or else it would not know of what there is more. */
  #grow(): void {
    while (
      this.#capacityBytes < DEFAULT_CAPACITY_BYTES &&
      this.#takenBytes >= this.#doublesAtByte
    ) {
      this.#capacityBytes = Math.min(2 * this.#capacityBytes, DEFAULT_CAPACITY_BYTES);
      this.#doublesAtByte += this.#capacityBytes * FILLINGS_TO_DOUBLE;
    }
  }
}
