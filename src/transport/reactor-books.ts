import type { Address } from "../reactor/address.ts";
import type { Clock } from "../reactor/clock.ts";
import type { DatagramPort } from "../reactor/listening-port.ts";
import { ReactorNotRunning } from "../reactor/reactor.ts";
import { settlesWithin } from "../reactor/settles-within.ts";
import { ConnectionSet } from "./connection-set.ts";
import type { Cancellable } from "./stream-connector.ts";
import type { PortRegistry, StreamPort } from "./stream-port.ts";
import type { TransportContext } from "./transport-context.ts";

/**
 * How long open connections get to close in order when the reactor stops. Those who want longer
 * drain their ports in a `"before"` trigger.
 */
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * How long closing everything may take in all. Connections that were aborted, and ports, are gone
 * at once; so only a fault here, or a system call that hangs, is cut off.
 */
const CLOSING_TIMEOUT_MS = 5_000;

/**
 * All that one reactor has open or is about to open. Once it is closed, nothing is opened until it
 * is opened again.
 */
export class ReactorBooks implements PortRegistry {
  /** The connects under way. */
  readonly connecting = new Set<Cancellable>();
  /** The connections that connects made; those of a port are the port's. */
  readonly connections = new ConnectionSet();
  readonly #context: TransportContext;
  readonly #ports = new Set<StreamPort<Address>>();
  readonly #datagramPorts = new Set<DatagramPort>();
  readonly #opening = new Set<Promise<DatagramPort>>();
  #state: "open" | "closed" = "open";

  constructor(context: TransportContext) {
    this.#context = context;
  }

  open(): void {
    this.#state = "open";
  }

  /** @throws {ReactorNotRunning} while it is closed */
  mustBeOpen(): void {
    if (this.#state === "open") return;
    throw new ReactorNotRunning("Cannot open anything on a reactor that has stopped: run it first");
  }

  add(port: StreamPort<Address>): void {
    this.mustBeOpen();
    this.#ports.add(port);
  }

  delete(port: StreamPort<Address>): void {
    this.#ports.delete(port);
  }

  /**
   * Enters a UDP port as soon as it is open; one that comes too late is closed.
   *
   * @throws {ReactorNotRunning} as a rejection, when it is too late
   */
  addDatagramPort(open: () => Promise<DatagramPort>): Promise<DatagramPort> {
    const opening = this.#openDatagramPort(open);
    const over = () => void this.#opening.delete(opening);
    this.#opening.add(opening);
    opening.then(over, over);
    return opening;
  }

  deleteDatagramPort(port: DatagramPort): void {
    this.#datagramPorts.delete(port);
  }

  /**
   * Closes all there is: connects are cancelled, ports stopped, and connections closed in order,
   * or aborted when that takes too long. Never rejects.
   *
   * @param clock measures how long it may take in all
   */
  async close(clock: Clock): Promise<void> {
    this.#state = "closed";
    const closing = this.#attempt("closing all that was open", () => this.#closeAll());
    if (await settlesWithin(clock, CLOSING_TIMEOUT_MS, closing)) return;
    const { logger } = this.#context;
    logger.error(`not all that a reactor had open has closed within ${CLOSING_TIMEOUT_MS} ms`);
  }

  async #openDatagramPort(open: () => Promise<DatagramPort>): Promise<DatagramPort> {
    this.mustBeOpen();
    const port = await open();
    if (this.#state === "closed") await port.stopListening();
    this.mustBeOpen();
    this.#datagramPorts.add(port);
    return port;
  }

  async #closeAll(): Promise<void> {
    for (const connector of this.connecting) {
      void this.#attempt("cancelling a connect", () => connector.cancel());
    }
    await Promise.allSettled(this.#opening);
    const ports = [...this.#ports];
    await Promise.all(
      [...this.#datagramPorts, ...ports].map((port) =>
        this.#attempt("stopping a port", () => port.stopListening()),
      ),
    );
    const closers = [
      () => this.connections.close(this.#context.clock, CLOSE_TIMEOUT_MS),
      ...ports.map((port) => () => port.closeConnections(CLOSE_TIMEOUT_MS)),
    ];
    await Promise.all(closers.map((close) => this.#attempt("closing connections", close)));
  }

  /** What cannot be closed in order must not keep the rest, or the reactor, running. */
  async #attempt(what: string, close: () => unknown): Promise<void> {
    try {
      await close();
    } catch (error) {
      this.#context.logger.error(`${what} failed`, error);
    }
  }
}
