import type { FaultKind } from "./fault-kind.ts";
import { ONCE, type ScheduleSite } from "./schedule.ts";
import { magnitude } from "./schedule-hash.ts";
import type { Simulation } from "./simulation.ts";

/** A time in which nothing arrives. */
interface Outage {
  readonly kind: "partition" | "black-hole";
  readonly site: ScheduleSite;
  readonly fromMs: number;
  readonly toMs: number;
}

/** As the largest power of two: half a second, a second, and two minutes. */
const LATENCY_MS_BITS = 8;
const OUTAGE_START_MS_BITS = 11;
const OUTAGE_MS_BITS = 16;

/** 32 Mbit/s. Without a limit time would stand still while somebody sends without end. */
const BYTES_PER_MS = 4_096;

/** An outage in more connections than these would hide all else. */
const OUTAGE_SCALE = 1 / 3;

/** How long things take in one direction of a connection. Nothing overtakes what left before it. */
export class SimulatedPath {
  readonly latencyMs: number;
  readonly #simulation: Simulation;
  readonly #site: ScheduleSite;
  readonly #outages: Outage[] = [];
  #lastMs = 0;
  #carriedBytes = 0;

  /**
   * @param site this direction
   * @param link both directions together
   */
  constructor(simulation: Simulation, site: ScheduleSite, link: ScheduleSite) {
    this.#simulation = simulation;
    this.#site = site;
    const { schedule } = simulation;
    const hash = schedule.decide("latency", site, ONCE);
    this.latencyMs = hash < 0 ? 0 : magnitude(hash, LATENCY_MS_BITS);
    for (const where of [link, site]) {
      this.#decideOutage("partition", where);
      this.#decideOutage("black-hole", where);
    }
  }

  /**
   * When something that leaves now arrives; infinity when it never does.
   *
   * @param bytes how large it is; what leaves after it has to wait for so much
   * @param delayMs how much later than usual
   */
  arrivalMs(bytes = 0, delayMs = 0): number {
    const { schedule, clock } = this.#simulation;
    if (this.latencyMs > 0) schedule.took("latency", this.#site, ONCE, this.latencyMs);
    let dueMs = Math.max(this.#lastMs, clock.now() + this.latencyMs + delayMs);
    for (const outage of this.#outages) dueMs = this.#endOf(outage, dueMs);
    this.#carriedBytes += bytes;
    const busyMs = Math.floor(this.#carriedBytes / BYTES_PER_MS);
    this.#carriedBytes -= busyMs * BYTES_PER_MS;
    this.#lastMs = dueMs + busyMs;
    return dueMs;
  }

  /** When word of what was read arrives at least; infinity when it never does. */
  get answerMs(): number {
    let dueMs = this.#simulation.clock.now() + this.latencyMs;
    for (const outage of this.#outages) dueMs = this.#endOf(outage, dueMs);
    return dueMs;
  }

  /** What leaves from now on arrives so much later than what left before. */
  setApart(gapMs: number): void {
    this.#lastMs += gapMs;
  }

  /** Whether what leaves now and is not sent again gets lost. */
  get losesResets(): boolean {
    return this.answerMs !== this.#simulation.clock.now() + this.latencyMs;
  }

  #endOf({ kind, site, fromMs, toMs }: Outage, dueMs: number): number {
    if (dueMs < fromMs || dueMs >= toMs) return dueMs;
    const { schedule } = this.#simulation;
    schedule.took(kind, site, ONCE, kind === "partition" ? toMs : fromMs);
    return toMs;
  }

  #decideOutage(kind: Outage["kind"] & FaultKind, site: ScheduleSite): void {
    const { schedule, clock } = this.#simulation;
    const hash = schedule.decide(kind, site, ONCE, OUTAGE_SCALE);
    if (hash < 0) return;
    const fromMs = clock.now() + magnitude(hash, OUTAGE_START_MS_BITS) - 1;
    const lengthMs = magnitude(Math.imul(hash, 0x2c1b3c6d) >>> 0, OUTAGE_MS_BITS);
    const toMs = kind === "black-hole" ? Number.POSITIVE_INFINITY : fromMs + lengthMs;
    this.#outages.push({ kind, site, fromMs, toMs });
  }
}
