import { type Clock, ConnectionClosedError, type CloseReason, Protocol } from "pretzel";
import type { ChunkRing } from "./chunk-ring.ts";
import type { SinkReceipt } from "./byte-sink-process.ts";

/**
 * The ways to send that are compared.
 *
 * - `immediate`: each write goes to the kernel at once, a send loop.
 * - `buffered`: what one callback writes leaves together, the transport's default.
 * - `joined`: the program joins the chunks itself and writes once.
 */
export const SEND_STRATEGIES = ["immediate", "buffered", "joined"] as const;

/** One of them. */
export type SendStrategy = (typeof SEND_STRATEGIES)[number];

/** What a sender does, and until when: whichever comes first. */
export interface SendPlan {
  readonly strategy: SendStrategy;
  readonly chunks: ChunkRing;
  readonly writesPerCallback: number;
  readonly maxCallbacks: number;
  readonly durationMs: number;
}

/** What came of it. */
export interface SendOutcome {
  /** Chunks sent, joined or not. */
  readonly writes: number;
  /** System calls they took. */
  readonly sends: number;
  /** From the first write until the receiver had said that it has everything. */
  readonly elapsedMs: number;
  /** Time on a core meanwhile, in the program and in the kernel on its behalf. */
  readonly cpuMicroseconds: number;
  readonly receipt: SinkReceipt;
}

/** Holds all that one callback writes: the benchmark itself stops at the high-water mark. */
const MAX_WAITING_BYTES = 2 ** 30;

/**
 * Sends batches, one in each turn of the reactor; above the high-water mark the next one waits
 * until the transport asks for more. Then it ends its side and reads the receipt.
 */
export class BatchSender extends Protocol {
  /** Settles when the connection has ended. */
  readonly outcome = Promise.withResolvers<SendOutcome>();
  readonly #clock: Clock;
  readonly #plan: SendPlan;
  readonly #sendBatch = () => this.#callback();
  #state: "sending" | "held" | "finished" = "sending";
  #writes = 0;
  #callbacks = 0;
  #startedAt = 0;
  #cpuBefore = process.cpuUsage();
  #receipt = "";

  constructor(clock: Clock, plan: SendPlan) {
    super();
    this.#clock = clock;
    this.#plan = plan;
  }

  override connectionMade(): void {
    this.transport.setWriteLimits({ max: MAX_WAITING_BYTES });
    this.#cpuBefore = process.cpuUsage();
    this.#startedAt = this.#clock.now();
    this.#clock.callLater(0, this.#sendBatch);
  }

  override pauseWriting(): void {
    if (this.#state === "sending") this.#state = "held";
  }

  override resumeWriting(): void {
    if (this.#state !== "held") return;
    this.#state = "sending";
    this.#clock.callLater(0, this.#sendBatch);
  }

  override dataReceived(data: Buffer): void {
    this.#receipt += data.toString();
  }

  override connectionLost(reason: CloseReason): void {
    if (reason.kind !== "done") {
      this.outcome.reject(new ConnectionClosedError(reason));
      return;
    }
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    this.outcome.resolve({
      writes: this.#writes,
      sends: this.transport.stats.sends,
      elapsedMs: this.#clock.now() - this.#startedAt,
      cpuMicroseconds: user + system,
      receipt: JSON.parse(this.#receipt) as SinkReceipt,
    });
  }

  #callback(): void {
    const { strategy, writesPerCallback, maxCallbacks, durationMs } = this.#plan;
    if (strategy === "joined") this.#writeJoined(writesPerCallback);
    else this.#writeEach(writesPerCallback);
    this.#callbacks++;
    if (this.#callbacks >= maxCallbacks || this.#clock.now() - this.#startedAt >= durationMs) {
      this.#state = "finished";
      this.transport.loseWriteConnection();
    } else if (this.#state === "sending") {
      this.#clock.callLater(0, this.#sendBatch);
    }
  }

  #writeEach(count: number): void {
    const { chunks } = this.#plan;
    for (let index = 0; index < count; index++) this.transport.write(chunks.at(this.#writes++));
  }

  /** A single chunk needs no joining. */
  #writeJoined(count: number): void {
    if (count === 1) return this.#writeEach(1);
    const { chunks } = this.#plan;
    const batch: Uint8Array[] = [];
    for (let index = 0; index < count; index++) batch.push(chunks.at(this.#writes++));
    this.transport.write(Buffer.concat(batch));
  }
}
