import { QueueOverflow } from "../task/queue-error.ts";
import type { WaitOptions } from "../task/wait-options.ts";

/** As many as may wait for anything else in `src/task`: more is a fault, not a crowd. */
const MAX_WAITERS = 65_536;

/** How long `whenConnected` waits. */
export interface WhenConnectedOptions extends WaitOptions {
  /**
   * After how many failed attempts from now on it rejects, with the last failure; never unless
   * told.
   */
  readonly failAfterFailures?: number;
}

interface ConnectionWaiter<P> {
  readonly settle: PromiseWithResolvers<P>;
  failuresLeft: number;
}

/** Those who wait for a connection, each with a patience of its own. */
export class ConnectionWaiters<P> {
  readonly #waiters = new Set<ConnectionWaiter<P>>();

  /**
   * Resolves with the protocol of the next connection.
   *
   * @throws {RangeError} as a rejection, when the number of failures is below 1
   * @throws {QueueOverflow} as a rejection, when as many wait already as may
   */
  async wait(options: WhenConnectedOptions): Promise<P> {
    const { signal, failAfterFailures = Number.POSITIVE_INFINITY } = options;
    signal?.throwIfAborted();
    if (!(failAfterFailures >= 1)) {
      throw new RangeError(`Cannot fail after ${failAfterFailures} failures: 1 is the least`);
    }
    if (this.#waiters.size >= MAX_WAITERS) {
      throw new QueueOverflow(`Cannot wait for a connection that ${MAX_WAITERS} wait for`);
    }
    const settle = Promise.withResolvers<P>();
    const waiter = { settle, failuresLeft: failAfterFailures };
    this.#waiters.add(waiter);
    const leave = () => settle.reject(signal?.reason);
    signal?.addEventListener("abort", leave);
    try {
      return await settle.promise;
    } finally {
      this.#waiters.delete(waiter);
      signal?.removeEventListener("abort", leave);
    }
  }

  connected(protocol: P): void {
    for (const { settle } of this.#take(() => true)) settle.resolve(protocol);
  }

  attemptFailed(error: unknown): void {
    for (const waiter of this.#waiters) waiter.failuresLeft--;
    for (const { settle } of this.#take(({ failuresLeft }) => failuresLeft <= 0)) {
      settle.reject(error);
    }
  }

  /** Sends everybody away. */
  rejectAll(error: unknown): void {
    for (const { settle } of this.#take(() => true)) settle.reject(error);
  }

  #take(which: (waiter: ConnectionWaiter<P>) => boolean): ConnectionWaiter<P>[] {
    const taken = [...this.#waiters].filter(which);
    for (const waiter of taken) this.#waiters.delete(waiter);
    return taken;
  }
}
