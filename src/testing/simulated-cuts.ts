import type { Schedule, ScheduleSite } from "./schedule.ts";
import { magnitude, mixed } from "./schedule-hash.ts";

/** How long the pieces of a stream are on average, by the strength of its cuts. */
const MEAN_PIECE_BYTES = [0, 64, 8, 1] as const;

/** So many pieces later they are twice as long: a long stream costs its logarithm in events. */
const PIECES_TO_DOUBLE = 32;

/** Pieces are at most 2^6 ms apart. */
const GAP_MS_BITS = 5;

/**
 * Where one direction of a connection is cut. The places depend on the stream's offsets alone, not
 * on how it was written.
 */
export class SimulatedCuts {
  readonly #schedule: Schedule;
  readonly #site: ScheduleSite;
  readonly #meanBytes: number;
  #count = 0;
  #next = Number.POSITIVE_INFINITY;

  constructor(schedule: Schedule, site: ScheduleSite) {
    this.#schedule = schedule;
    this.#site = site;
    this.#meanBytes = MEAN_PIECE_BYTES[schedule.strength("cut")];
    if (this.#meanBytes > 0) this.#next = this.#pieceBytes(0);
  }

  /** The offset of the next place; infinity when there is none. */
  get next(): number {
    return this.#next;
  }

  /** Goes past the next place. Returns how far apart in time it sets the pieces; 0: no cut. */
  pass(): number {
    const at = this.#next;
    this.#count++;
    this.#next = at + this.#pieceBytes(at);
    const hash = this.#schedule.decide("cut", this.#site, at);
    if (hash < 0) return 0;
    const gapMs = magnitude(hash, GAP_MS_BITS);
    this.#schedule.took("cut", this.#site, at, gapMs);
    return gapMs;
  }

  #pieceBytes(at: number): number {
    const mean = this.#meanBytes << Math.min(Math.floor(this.#count / PIECES_TO_DOUBLE), 16);
    // The number of the cut itself decides whether there is one; its piece needs another.
    const hash = mixed(this.#schedule.hash("cut", this.#site, at), 2);
    return 1 + (hash % (2 * mean - 1));
  }
}
