import { SimulatedEnd, type WatchedSocket } from "./simulated-end.ts";
import { checkEnd, checkQuietEnd } from "./simulated-end-checks.ts";
import type { Simulation } from "./simulation.ts";

/** All connections of a run that were made, and the one whose protocol is being made just now. */
export class SimulatedConnections {
  readonly #simulation: Simulation;
  readonly #ends: SimulatedEnd[] = [];
  #count = 0;
  #connecting = 0;
  #opening: SimulatedEnd | null = null;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** The number of a connect that begins, from 1. */
  begin(): number {
    this.#connecting++;
    return ++this.#count;
  }

  /** A connect has come to its end, whatever that is. */
  settled(): void {
    this.#connecting--;
  }

  /** A connection is being made, between these two sockets. */
  add(
    number: number,
    sockets: { readonly client: WatchedSocket; readonly server: WatchedSocket },
  ): { readonly client: SimulatedEnd; readonly server: SimulatedEnd } {
    const client = new SimulatedEnd(this.#simulation, `${number} client`, sockets.client);
    const server = new SimulatedEnd(this.#simulation, `${number} server`, sockets.server);
    SimulatedEnd.join(client, server);
    this.#ends.push(client, server);
    return { client, server };
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

  /** Whether nobody connects, and every connection that was made has ended. */
  get idle(): boolean {
    if (this.#connecting > 0) return false;
    return this.#ends.every(({ transport, reason }) => transport === null || reason !== null);
  }

  /** Tells the trace which connections have not ended: where one hangs it shows why. */
  noteOpen(): void {
    for (const end of this.#ends) end.noteOpen();
  }

  /** Called when nothing is to come any more. */
  checkQuiet(): void {
    for (const end of this.#ends) checkQuietEnd(end);
  }

  /** Called when the run is over. */
  checkEnds(): void {
    for (const end of this.#ends) checkEnd(end);
  }
}
