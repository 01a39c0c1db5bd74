import type { CloseReason } from "../reactor/close-reason.ts";
import type { Simulation } from "./simulation.ts";
import { SimulationLedger } from "./simulation-ledger.ts";

/** What is known of one end of one connection: its protocols' life, and what they wrote. */
export class SimulatedEnd {
  readonly simulation: Simulation;
  /** Such as `1 client`. */
  readonly name: string;
  /** What this end wrote. */
  readonly written = new SimulationLedger();
  /** The protocol that has the connection now; null when none was started. */
  protocol: { replaced(): void } | null = null;
  /** Why it ended; null before. */
  reason: CloseReason | null = null;
  /** Whether it closed by itself, so that what still came was thrown away. */
  stoppedListening = false;
  #other: SimulatedEnd = this;

  constructor(simulation: Simulation, name: string) {
    this.simulation = simulation;
    this.name = name;
  }

  /** The two ends of connection `number`. */
  static pair(
    simulation: Simulation,
    number: number,
  ): { client: SimulatedEnd; server: SimulatedEnd } {
    const client = new SimulatedEnd(simulation, `${number} client`);
    const server = new SimulatedEnd(simulation, `${number} server`);
    client.#other = server;
    server.#other = client;
    return { client, server };
  }

  get other(): SimulatedEnd {
    return this.#other;
  }

  get tracing(): boolean {
    return this.simulation.trace !== null;
  }

  /** Something happened at this end. */
  note(what: string): void {
    this.simulation.note(`${this.name.padEnd(9)} ${what}`);
  }

  /** An invariant is broken at this end. */
  fail(what: string): void {
    this.simulation.fail(new Error(`Connection ${this.name}: ${what}`));
  }

  /** Called when the run is over: whether it ended, and lost nothing on the way here. */
  checkEnd(): void {
    if (this.protocol === null) return;
    const { reason } = this;
    const { written, reason: otherReason } = this.#other;
    if (reason === null) {
      this.fail("connectionLost was never called, though everything was closed");
    } else if (reason.kind === "done" && otherReason?.kind === "done" && !this.stoppedListening) {
      const { arrivedBytes, writtenBytes } = written;
      if (arrivedBytes === writtenBytes) return;
      this.fail(
        `${arrivedBytes} of ${writtenBytes} bytes arrived, though both ends closed as done`,
      );
    }
  }
}

/** The beginning of some data, for a trace. */
export function excerpt(data: Uint8Array): string {
  const shown = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, EXCERPT_BYTES));
  const rest = data.length > EXCERPT_BYTES ? "…" : "";
  return `${data.length} bytes ${JSON.stringify(shown.toString("latin1"))}${rest}`;
}

/** Enough to know a message by. */
const EXCERPT_BYTES = 24;
