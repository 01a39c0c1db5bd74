import type { CloseReason } from "../reactor/close-reason.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import type { Simulation } from "./simulation.ts";
import { SimulationLedger } from "./simulation-ledger.ts";

/** What the socket of an end is asked when a run comes to its end. */
export interface WatchedSocket {
  readonly closed: boolean;
  /** How many bytes it gave to its transport. */
  readonly deliveredBytes: number;
  /** Whether it said that it takes no more bytes ever. */
  readonly refusedWrite: boolean;
  /** Whether it would take more bytes now. */
  readonly takesMore: boolean;
  /** Whether it was told not to read, and there is something to read. */
  readonly holdsBack: boolean;
}

/** What is known of one end of one connection: what its protocol asked for, and what it got. */
export class SimulatedEnd {
  readonly simulation: Simulation;
  /** Such as `1 client`. */
  readonly name: string;
  readonly socket: WatchedSocket;
  /** What this end wrote. */
  readonly written = new SimulationLedger();
  /** The protocol that has the connection now; null when none was started. */
  protocol: { replaced(): void } | null = null;
  transport: StreamTransport | null = null;
  /** Why it ended; null before. */
  reason: CloseReason | null = null;
  /** Whether `loseConnection` was called here, so that what still came was thrown away. */
  closing = false;
  /** Whether `loseWriteConnection` was called here. */
  endingWrites = false;
  /** Whether `readConnectionLost` was called. */
  readEnded = false;
  /** Whether the protocol does not want to read. */
  paused = false;
  /** Whether `pauseWriting` was called, and `resumeWriting` not since. */
  writingPaused = false;
  hasProducer = false;
  #other: SimulatedEnd = this;

  constructor(simulation: Simulation, name: string, socket: WatchedSocket) {
    this.simulation = simulation;
    this.name = name;
    this.socket = socket;
  }

  /** Makes the two ends of a connection known to each other. */
  static join(one: SimulatedEnd, another: SimulatedEnd): void {
    one.#other = another;
    another.#other = one;
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

  /** Writes down that this end has not ended, if so, and what holds it up as far as is known. */
  noteOpen(): void {
    if (this.transport === null || this.reason !== null) return;
    const { bufferedAmount } = this.transport;
    const isClosing = this.closing ? "; it is closing" : "";
    const isPaused = this.paused ? "; its protocol does not read" : "";
    const isFull = bufferedAmount > 0 ? `; ${bufferedAmount} bytes wait to be sent` : "";
    this.note(`is still open${isClosing}${isPaused}${isFull}`);
  }

  /** An invariant is broken at this end. */
  fail(what: string): void {
    this.simulation.fail(new Error(`Connection ${this.name}: ${what}`));
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
