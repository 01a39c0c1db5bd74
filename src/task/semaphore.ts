import { QueueOverflow } from "./queue-error.ts";
import { WaitList } from "./wait-list.ts";
import type { WaitOptions } from "./wait-options.ts";

/**
 * Those who may wait unless told: more than a program with that many things to do at once gets
 * done in time, and few enough that a permit never released does not fill the memory.
 */
const DEFAULT_MAX_WAITING = 65_536;

/** How long the line in front of a semaphore may become. */
export interface SemaphoreOptions {
  /** Those who may wait for a permit at once; 65536 unless told. */
  readonly maxWaiting?: number;
}

/** The right to go on, until it is released; `using` and `await using` release it. */
export interface Permit extends Disposable {
  /** Hands the right to the one who waits longest. @throws {Error} the second time */
  release(): void;
}

/**
 * Lets so many at once do something, and the others wait their turn. A permit that is released
 * goes straight to the one who waits longest: nobody can get in between.
 */
export class Semaphore {
  readonly #line = new WaitList<Permit>();
  readonly #maxWaiting: number;
  #available: number;

  /**
   * @param permits how many there are
   * @throws {RangeError} when `permits` is not a whole number of at least 1, or `maxWaiting` is
   *   negative or not a number
   */
  constructor(permits: number, options: SemaphoreOptions = {}) {
    if (!Number.isSafeInteger(permits) || permits < 1) {
      throw new RangeError(
        `Cannot make a semaphore of ${permits} permits: a whole number of at least 1 is needed`,
      );
    }
    const { maxWaiting = DEFAULT_MAX_WAITING } = options;
    if (!(maxWaiting >= 0)) {
      throw new RangeError(
        `Cannot make a semaphore with a maxWaiting of ${maxWaiting}: at least 0 is needed`,
      );
    }
    this.#available = permits;
    this.#maxWaiting = maxWaiting;
  }

  /** How many permits nobody holds. */
  get available(): number {
    return this.#available;
  }

  /** How many wait for a permit. */
  get waiting(): number {
    return this.#line.length;
  }

  /**
   * Resolves with a permit, in the order of asking.
   *
   * @param options.signal leaves the line; a permit that was granted already stays granted
   * @throws {QueueOverflow} as a rejection, when as many wait already as may
   */
  acquire(options: WaitOptions = {}): Promise<Permit> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const permit = this.tryAcquire();
    if (permit !== null) return Promise.resolve(permit);
    if (this.waiting >= this.#maxWaiting) {
      const message = `Cannot wait for a permit that ${this.waiting} wait for: no more may`;
      return Promise.reject(new QueueOverflow(message));
    }
    return this.#line.wait(signal);
  }

  /** A permit if one is free; null, without waiting, if not. */
  tryAcquire(): Permit | null {
    if (this.#available === 0) return null;
    this.#available--;
    return new HeldPermit(this.#release);
  }

  /**
   * Calls `call` when a permit is there, and holds it until what `call` returns is done.
   *
   * @param options.signal stops waiting for the permit; a `call` that has begun is left alone
   * @returns what `call` returns
   * @throws what `call` throws, as a rejection; and what `acquire` does
   */
  async run<R>(call: () => R | PromiseLike<R>, options: WaitOptions = {}): Promise<R> {
    using _permit = await this.acquire(options);
    return await call();
  }

  readonly #release = (): void => {
    if (this.#line.length === 0) this.#available++;
    else this.#line.resolveOldest(new HeldPermit(this.#release));
  };
}

class HeldPermit implements Permit {
  readonly #giveBack: () => void;
  #state: "held" | "released" = "held";

  constructor(giveBack: () => void) {
    this.#giveBack = giveBack;
  }

  release(): void {
    if (this.#state === "released") throw new Error("Cannot release a permit that was released");
    this.#state = "released";
    this.#giveBack();
  }

  [Symbol.dispose](): void {
    if (this.#state === "held") this.release();
  }
}
