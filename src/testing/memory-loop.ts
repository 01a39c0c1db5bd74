import type { TurnScheduler } from "../transport/turn.ts";

/** Something in memory that has events to report, one each time it is asked. */
export interface EventSource {
  /** Reports its next event, and says `ready` again where it has another. */
  deliver(): void;
}

/** Whatever asks sources for their events. */
export interface EventLoop {
  /** `source` has an event to report. To be said once for each event. */
  ready(source: EventSource): void;
}

/** Rounds that `flush` makes before it calls a conversation endless; each carries up to 64 KiB. */
const MAX_FLUSH_ROUNDS = 100_000;

/** Rounds run by themselves before timers and sockets of the runtime get their turn. */
const ROUNDS_PER_BREATH = 1_000;

/**
 * The event loop of a network in memory. It takes turns as a kernel's would: what protocols asked
 * for outside of callbacks first, then one event of each source, then what waits for the next turn.
 *
 * It runs when it is told to (`pump`, `flush`), and with `automatic` also by itself, soon after
 * there is something to do.
 */
export class MemoryLoop implements TurnScheduler, EventLoop {
  readonly #automatic: boolean;
  readonly #run = () => this.#runByItself();
  #soon: (() => void)[] = [];
  #sources: EventSource[] = [];
  #nextTurn: (() => void)[] = [];
  #pumping = false;
  #scheduled = false;
  #roundsByItself = 0;

  constructor(options: { readonly automatic: boolean }) {
    this.#automatic = options.automatic;
  }

  soon(run: () => void): void {
    this.#soon.push(run);
    this.#wake();
  }

  nextTurn(run: () => void): void {
    this.#nextTurn.push(run);
    this.#wake();
  }

  ready(source: EventSource): void {
    this.#sources.push(source);
    this.#wake();
  }

  /**
   * Makes one round. Returns how many things it did; 0 means that all is quiet.
   *
   * @throws {Error} inside a callback that a round makes
   */
  pump(): number {
    if (this.#pumping) throw new Error("Cannot pump inside a callback of a protocol");
    this.#pumping = true;
    try {
      return this.#round();
    } finally {
      this.#pumping = false;
    }
  }

  /**
   * Pumps until all is quiet.
   *
   * @throws {Error} when it never is, as between two protocols that answer every answer
   */
  flush(): void {
    for (let round = 0; round < MAX_FLUSH_ROUNDS; round++) {
      if (this.pump() === 0) return;
    }
    throw new Error(`Cannot flush: still busy after ${MAX_FLUSH_ROUNDS} rounds`);
  }

  #round(): number {
    let done = this.#runSoon();
    const sources = this.#sources;
    this.#sources = [];
    for (const source of sources) {
      source.deliver();
      done += 1 + this.#runSoon();
    }
    const next = this.#nextTurn;
    this.#nextTurn = [];
    for (const run of next) {
      run();
      done += 1 + this.#runSoon();
    }
    return done;
  }

  #runSoon(): number {
    let done = 0;
    for (; this.#soon.length > 0; done++) this.#soon.shift()?.();
    return done;
  }

  get #busy(): boolean {
    return this.#soon.length + this.#sources.length + this.#nextTurn.length > 0;
  }

  #wake(): void {
    if (!this.#automatic || this.#scheduled) return;
    this.#scheduled = true;
    // A test that forgot to end an endless conversation must still be able to time out.
    this.#roundsByItself = (this.#roundsByItself + 1) % ROUNDS_PER_BREATH;
    if (this.#roundsByItself === 0) setImmediate(this.#run);
    else queueMicrotask(this.#run);
  }

  #runByItself(): void {
    this.#scheduled = false;
    if (this.#pumping) return;
    this.pump();
    if (this.#busy) this.#wake();
  }
}
