import { SimulatedEnd } from "./simulated-end.ts";
import type { Simulation } from "./simulation.ts";

/** All connections of a run that were made, and the one whose protocol is being made just now. */
export class SimulatedConnections {
  readonly #simulation: Simulation;
  readonly #ends: SimulatedEnd[] = [];
  #count = 0;
  #opening: SimulatedEnd | null = null;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** The number of a connect that begins, from 1. */
  nextNumber(): number {
    return ++this.#count;
  }

  /** The two ends of a connection that is being made. */
  add(number: number): { readonly client: SimulatedEnd; readonly server: SimulatedEnd } {
    const pair = SimulatedEnd.pair(this.#simulation, number);
    this.#ends.push(pair.client, pair.server);
    return pair;
  }

  /** Hands a connection to whoever gives it a protocol; what is built inside is for `end`. */
  open(end: SimulatedEnd, handOver: () => void): void {
    this.#opening = end;
    handOver();
    this.#opening = null;
  }

  /** The end whose protocol is being made. */
  get opening(): SimulatedEnd {
    if (this.#opening === null) throw new Error("No connection is being opened");
    return this.#opening;
  }

  /** Whether every connect came about, and both ends of each connection ended when they wanted. */
  get endedWell(): boolean {
    // Whoever does not write on after it never learns of an early end of stream.
    if (this.#simulation.schedule.hasTaken("half-close")) return false;
    if (this.#ends.length < 2 * this.#count) return false;
    return this.#ends.every(({ reason }) => reason?.kind === "done");
  }

  /** Called when the run is over: every end has ended, and lost nothing on the way. */
  checkEnds(): void {
    for (const end of this.#ends) end.checkEnd();
  }
}
