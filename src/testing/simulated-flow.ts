import { ONCE, type ScheduleSite } from "./schedule.ts";
import { magnitude } from "./schedule-hash.ts";
import { SimulatedCuts } from "./simulated-cuts.ts";
import type { SimulatedPath } from "./simulated-path.ts";
import { type FlowSender, SimulatedWindow } from "./simulated-window.ts";
import type { Simulation } from "./simulation.ts";

/** The end of a connection that reads from a flow. */
export interface FlowReceiver {
  /** Something more is under way. */
  arrivalChanged(): void;
}

/** What arrives at one moment: bytes, or the end of the stream, which is null. */
interface Segment {
  readonly dueMs: number;
  readonly data: Buffer | null;
}

/** A fault behind a byte comes before byte 2^14, and half of them before byte 2^7. */
const FAULT_OFFSET_BITS = 13;
/** A late segment is less than 2 s late. */
const DELAY_MS_BITS = 10;
/** A stopped reader goes on within two minutes. */
const STOPPED_READER_MS_BITS = 16;

/** Most reads are not held up, even where readers are slow. */
const STOPPED_READER_SCALE = 1 / 4;

/** A connection that ends early hides what would have come; a third of them are enough. */
const FATAL_SCALE = 1 / 3;

/** One direction of a connection: what was written and not yet read, and when it arrives. */
export class SimulatedFlow {
  readonly #simulation: Simulation;
  readonly #site: ScheduleSite;
  readonly #path: SimulatedPath;
  readonly #cuts: SimulatedCuts;
  readonly #window: SimulatedWindow;
  readonly #resetAtByte: number;
  readonly #endAtByte: number;
  #receiver: FlowReceiver | null = null;
  #reverse: SimulatedFlow | null = null;
  #segments: Segment[] = [];
  #first = 0;
  #readBytes = 0;
  #stoppedReaderAt = -1;
  /**
   * What becomes of what is written: `ended-early` is for an end of stream that the sender does not
   * know of, who is reset when he goes on; `broken` is for a reset that he does not know of yet.
   */
  #state: "open" | "ended" | "ended-early" | "broken" = "open";
  #resetDueMs = Number.POSITIVE_INFINITY;

  constructor(simulation: Simulation, site: ScheduleSite, path: SimulatedPath) {
    this.#simulation = simulation;
    this.#site = site;
    this.#path = path;
    this.#cuts = new SimulatedCuts(simulation.schedule, site);
    this.#window = new SimulatedWindow(simulation, site);
    this.#resetAtByte = this.#decideByte("reset");
    this.#endAtByte = this.#decideByte("half-close");
  }

  /** Gives it its ends, and the flow of the other direction. */
  join(sender: FlowSender, receiver: FlowReceiver, reverse: SimulatedFlow): void {
    this.#window.attach(sender);
    this.#receiver = receiver;
    this.#reverse = reverse;
  }

  // What the sender asks for.

  /** Takes bytes; returns how many. */
  take(data: Uint8Array, offset: number, length: number): number {
    const start = this.#window.takenBytes;
    const room = this.#window.room(length);
    if (this.#state !== "open") {
      this.#window.take(room);
      if (this.#state === "ended-early") this.#reverse?.refuse();
      return room;
    }
    const endsHere = this.#endAtByte <= start + room;
    const count = endsHere ? this.#endAtByte - start : room;
    const breaksHere = this.#resetAtByte <= start + count;
    this.#window.take(count);
    this.#send(data, offset, start, breaksHere ? this.#resetAtByte : start + count);
    if (breaksHere) this.breakOff("reset", this.#site, this.#resetAtByte);
    else if (endsHere) this.#endEarly();
    return count;
  }

  /** Sends the end of the stream. */
  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ended";
    this.#push(null, 0);
  }

  /** The sender resets the connection; that is not sent again, should it get lost. */
  reset(): void {
    if (!this.#path.losesResets) this.refuse();
  }

  /** What came the other way is answered by a reset, as often as it is sent again. */
  refuse(): void {
    this.#state = "broken";
    this.#resetDueMs = Math.min(this.#resetDueMs, this.#path.arrivalMs());
    this.#receiver?.arrivalChanged();
  }

  /** The network resets the connection, in both directions. */
  breakOff(kind: "reset" | "late-reset", site: ScheduleSite, value: number): void {
    this.#simulation.schedule.took(kind, site, ONCE, value);
    this.refuse();
    this.#reverse?.refuse();
  }

  /** How many bytes the sender has not heard of that they were read. */
  get unansweredBytes(): number {
    return this.#window.takenBytes - this.#window.answeredBytes;
  }

  /** Whether it would take bytes now. */
  get takesMore(): boolean {
    return this.#state === "open" && this.#window.hasRoom;
  }

  // What the receiver asks for.

  /** When there is something for the receiver next; infinity when nothing is under way. */
  get dueMs(): number {
    return this.#segments[this.#first]?.dueMs ?? this.#resetDueMs;
  }

  /** When the reset arrives, behind all else; infinity without one. */
  get resetDueMs(): number {
    return this.#resetDueMs;
  }

  /** What the receiver finds now. */
  get arrived(): "nothing" | "bytes" | "end" | "reset" {
    const now = this.#simulation.clock.now();
    const segment = this.#segments[this.#first];
    if (segment === undefined) return this.#resetDueMs <= now ? "reset" : "nothing";
    if (segment.dueMs > now) return "nothing";
    return segment.data === null ? "end" : "bytes";
  }

  /** How long the receiver has something else to do before it reads, in milliseconds. */
  readerStopsMs(): number {
    const at = this.#readBytes;
    if (this.#stoppedReaderAt === at) return 0;
    const { schedule } = this.#simulation;
    const hash = schedule.decide("stopped-reader", this.#site, at, STOPPED_READER_SCALE);
    if (hash < 0) return 0;
    this.#stoppedReaderAt = at;
    const stopMs = magnitude(hash, STOPPED_READER_MS_BITS);
    schedule.took("stopped-reader", this.#site, at, stopMs);
    return stopMs;
  }

  /** Takes out all bytes that have arrived, as one chunk. */
  readBytes(): Buffer {
    const now = this.#simulation.clock.now();
    const chunks: Buffer[] = [];
    let bytes = 0;
    for (let next = this.#segments[this.#first]; next !== undefined;) {
      if (next.data === null || next.dueMs > now) break;
      chunks.push(next.data);
      bytes += next.data.length;
      next = this.#segments[++this.#first];
    }
    this.#dropRead();
    this.#readBytes += bytes;
    const heardAtMs = this.#reverse?.answerMs ?? now;
    this.#window.answer(this.#readBytes, heardAtMs - now);
    const [only] = chunks;
    return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
  }

  /** Takes out the end of the stream, which has arrived. */
  takeEnd(): void {
    this.#first++;
    this.#dropRead();
  }

  /** Sends the bytes up to offset `end` of the stream in segments. */
  #send(data: Uint8Array, offset: number, start: number, end: number): void {
    const cuts = this.#cuts;
    let at = start;
    const pushTo = (to: number) => {
      const from = offset + at - start;
      const isWhole = to - at === data.length;
      this.#push(Buffer.from(isWhole ? data : data.subarray(from, from + to - at)), at);
      at = to;
    };
    while (cuts.next <= end) {
      const cutAt = cuts.next;
      const gapMs = cuts.pass();
      if (gapMs === 0) continue;
      pushTo(cutAt);
      this.#path.setApart(gapMs);
    }
    if (at < end) pushTo(end);
  }

  #push(data: Buffer | null, at: number): void {
    const { schedule } = this.#simulation;
    const hash = data === null ? -1 : schedule.decide("delay", this.#site, at);
    const delayMs = hash < 0 ? 0 : magnitude(hash, DELAY_MS_BITS);
    if (delayMs > 0) schedule.took("delay", this.#site, at, delayMs);
    this.#segments.push({ dueMs: this.#path.arrivalMs(data?.length, delayMs), data });
    this.#receiver?.arrivalChanged();
  }

  #endEarly(): void {
    this.#simulation.schedule.took("half-close", this.#site, ONCE, this.#endAtByte);
    this.end();
    this.#state = "ended-early";
    // Of a write at this byte a part was not taken; the system takes it now.
    this.#window.tryAgainIn(0);
  }

  /** When word of what its sender read arrives. */
  get answerMs(): number {
    return this.#path.answerMs;
  }

  /** Behind how many bytes a fault comes, perhaps none; infinity when it does not. */
  #decideByte(kind: "reset" | "half-close"): number {
    const hash = this.#simulation.schedule.decide(kind, this.#site, ONCE, FATAL_SCALE);
    return hash < 0 ? Number.POSITIVE_INFINITY : magnitude(hash, FAULT_OFFSET_BITS) - 1;
  }

  #dropRead(): void {
    if (this.#first < this.#segments.length) return;
    this.#segments.length = 0;
    this.#first = 0;
  }
}
