import type { Clock } from "../reactor/clock.ts";
import type { StreamConnection } from "./stream-connection.ts";

/** Some connections whose end somebody waits for. */
interface Awaited {
  /** Those that have not ended yet. */
  readonly left: Set<StreamConnection>;
  readonly ended: PromiseWithResolvers<void>;
}

/** The open connections of one port or reactor, and the ways to end them all. */
export class ConnectionSet {
  readonly #connections = new Set<StreamConnection>();
  readonly #awaited = new Set<Awaited>();

  get all(): ReadonlySet<StreamConnection> {
    return this.#connections;
  }

  add(connection: StreamConnection): void {
    this.#connections.add(connection);
  }

  /** One has ended. Returns whether it was among them. */
  delete(connection: StreamConnection): boolean {
    const wasHere = this.#connections.delete(connection);
    for (const { left, ended } of this.#awaited) {
      left.delete(connection);
      if (left.size === 0) ended.resolve();
    }
    return wasHere;
  }

  /**
   * Tells the protocol of each of `connections` that it is draining and waits until these have
   * ended; those that are left after `timeoutMs`, or when `signal` aborts, are aborted.
   */
  async drain(
    connections: readonly StreamConnection[],
    clock: Clock,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    for (const connection of connections) connection.tellDraining();
    const left = connections.filter((connection) => this.#connections.has(connection));
    await this.#allEnded(new Set(left), clock, timeoutMs, signal);
  }

  /**
   * Closes every connection in order, and aborts those that have not ended after `timeoutMs`. Waits
   * for those too that come meanwhile.
   */
  async close(clock: Clock, timeoutMs: number): Promise<void> {
    for (const connection of this.#connections) connection.loseConnection({ timeoutMs });
    await this.#allEnded(this.#connections, clock, timeoutMs);
  }

  async #allEnded(
    left: Set<StreamConnection>,
    clock: Clock,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    if (left.size === 0) return;
    const awaited = { left, ended: Promise.withResolvers<void>() };
    const abortAll = () => {
      for (const connection of left) connection.abortConnection();
    };
    this.#awaited.add(awaited);
    using _deadline = clock.callLater(timeoutMs, abortAll);
    if (signal?.aborted) abortAll();
    signal?.addEventListener("abort", abortAll);
    try {
      await awaited.ended.promise;
    } finally {
      this.#awaited.delete(awaited);
      signal?.removeEventListener("abort", abortAll);
    }
  }
}
