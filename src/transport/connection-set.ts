import type { Clock } from "../reactor/clock.ts";
import type { ConnectionOwner, StreamConnection } from "./stream-connection.ts";

/** The open connections of one port or reactor, and the ways to end them all. */
export class ConnectionSet implements ConnectionOwner {
  readonly #connections = new Set<StreamConnection>();
  #emptied: PromiseWithResolvers<void> | null = null;

  get all(): ReadonlySet<StreamConnection> {
    return this.#connections;
  }

  add(connection: StreamConnection): void {
    this.#connections.add(connection);
  }

  connectionEnded(connection: StreamConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    this.#emptied?.resolve();
    this.#emptied = null;
  }

  /**
   * Tells every protocol that it is draining and waits until all have ended; those that are left
   * after `timeoutMs`, or when `signal` aborts, are aborted.
   */
  async drain(clock: Clock, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    for (const connection of this.#connections) connection.tellDraining();
    await this.#allEnded(clock, timeoutMs, signal);
  }

  /** Closes every connection in order, and aborts those that have not ended after `timeoutMs`. */
  async close(clock: Clock, timeoutMs: number): Promise<void> {
    for (const connection of this.#connections) connection.loseConnection({ timeoutMs });
    await this.#allEnded(clock, timeoutMs);
  }

  async #allEnded(clock: Clock, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#connections.size === 0) return;
    this.#emptied ??= Promise.withResolvers();
    const emptied = this.#emptied.promise;
    const abortAll = () => {
      for (const connection of this.#connections) connection.abortConnection();
    };
    using _deadline = clock.callLater(timeoutMs, abortAll);
    if (signal?.aborted) abortAll();
    signal?.addEventListener("abort", abortAll);
    await emptied;
    signal?.removeEventListener("abort", abortAll);
  }
}
