import type { Producer } from "../../src/reactor/producer.ts";
import type { StreamTransport } from "../../src/reactor/stream-transport.ts";

/** Writes some pieces as fast as it is allowed to, streaming or one at a time, and unregisters. */
export class RandomProducer implements Producer {
  readonly #transport: StreamTransport;
  readonly #pieces: Buffer[];
  readonly #streaming: boolean;
  readonly #faults: string[];
  readonly #later: ((call: () => void) => void) | null;
  #state: "paused" | "producing" | "finished" | "stopped" = "paused";

  /**
   * @param faults gets what goes wrong
   * @param later has it write each piece some time after it could; null for at once
   */
  constructor(
    transport: StreamTransport,
    pieces: Buffer[],
    streaming: boolean,
    faults: string[],
    later: ((call: () => void) => void) | null,
  ) {
    this.#transport = transport;
    this.#pieces = pieces;
    this.#streaming = streaming;
    this.#faults = faults;
    this.#later = later;
  }

  get isRegistered(): boolean {
    return this.#state === "paused" || this.#state === "producing";
  }

  register(): void {
    if (!this.#streaming) return this.#transport.registerProducer(this, false);
    this.#transport.registerProducer(this, true);
    if (this.#state === "paused") this.resumeProducing();
  }

  resumeProducing(): void {
    if (!this.isRegistered) {
      this.#faults.push(`a producer that is ${this.#state} was resumed`);
      return;
    }
    if (this.#state === "producing" && this.#streaming) return;
    this.#state = "producing";
    this.#goOn();
  }

  pauseProducing(): void {
    if (this.#state === "producing") this.#state = "paused";
    else if (!this.isRegistered) this.#faults.push(`a ${this.#state} producer was paused`);
  }

  stopProducing(): void {
    if (!this.isRegistered) this.#faults.push(`a ${this.#state} producer was stopped`);
    this.#state = "stopped";
  }

  /** Writes no more. */
  finish(): void {
    if (!this.isRegistered) return;
    this.#state = "finished";
    this.#transport.unregisterProducer();
  }

  #goOn(): void {
    if (this.#later === null) this.#producePieces();
    else this.#later(() => this.#producePieces());
  }

  #producePieces(): void {
    while (this.#state === "producing") {
      const piece = this.#pieces.shift();
      if (piece === undefined) return this.finish();
      // Inside of this it may be paused or stopped.
      this.#transport.write(piece);
      if (!this.#streaming) return;
      if (this.#later !== null) return this.#goOn();
    }
  }
}
