import type { Address } from "../reactor/address.ts";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort, PortStats } from "../reactor/listening-port.ts";
import type { Protocol } from "../reactor/protocol.ts";
import {
  SocketOptionError,
  type SocketOptionName,
  type SocketOptionValue,
} from "../reactor/socket-option.ts";
import type { StreamOptions, StreamTransport } from "../reactor/stream-transport.ts";
import { ConnectionSet } from "./connection-set.ts";
import type { ConnectionAcceptor, ListenTarget, OpenListener } from "./listen-target.ts";
import type { StreamContext } from "./connection-life.ts";
import { type ConnectionOwner, StreamConnection } from "./stream-connection.ts";
import type { StreamDriver } from "./stream-driver.ts";
import { messageOf, systemCodeOf } from "./system-error.ts";

/** The settings of a port: how many connections, and how each of them is made. */
export interface StreamPortOptions extends StreamOptions {
  readonly maxConnections?: number;
}

/** How long `drain` waits unless told. */
const DEFAULT_DRAIN_TIMEOUT_MS = 30_000;

/** A listening port over any kind of socket, and the connections that came in through it. */
export class StreamPort implements ListeningPort, ConnectionAcceptor, ConnectionOwner {
  readonly #target: ListenTarget;
  readonly #factory: Factory;
  readonly #context: StreamContext;
  readonly #options: StreamPortOptions;
  readonly #registry: Set<StreamPort>;
  readonly #connections = new ConnectionSet();
  #state: "stopped" | "starting" | "listening" = "stopped";
  #listener: OpenListener | null = null;
  #host: Address | null = null;
  #accepted = 0;
  #refused = 0;

  /** @param registry holds the port as long as it listens or has connections */
  constructor(
    target: ListenTarget,
    factory: Factory,
    context: StreamContext,
    options: StreamPortOptions,
    registry: Set<StreamPort>,
  ) {
    this.#target = target;
    this.#factory = factory;
    this.#context = context;
    this.#options = options;
    this.#registry = registry;
  }

  get host(): Address {
    if (this.#host === null) throw new Error(`${this.#target.description} never listened`);
    return this.#host;
  }

  get connections(): ReadonlySet<StreamTransport> {
    return this.#connections.all;
  }

  get stats(): PortStats {
    return { accepted: this.#accepted, refused: this.#refused };
  }

  get fileDescriptor(): number {
    return this.#listener?.fileDescriptor ?? -1;
  }

  async startListening(): Promise<void> {
    if (this.#state !== "stopped") return;
    this.#state = "starting";
    try {
      this.#factory.doStart();
      await this.#open();
    } catch (error) {
      this.#state = "stopped";
      throw error;
    }
  }

  async stopListening(): Promise<void> {
    this.#state = "stopped";
    if (this.#listener === null) return;
    this.#listener.close();
    this.#listener = null;
    this.#factory.doStop();
    this.#unregisterIfIdle();
  }

  async drain(
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.stopListening();
    const { timeoutMs = DEFAULT_DRAIN_TIMEOUT_MS, signal } = options;
    await this.#connections.drain(this.#context.clock, timeoutMs, signal);
  }

  /** Closes every connection and waits for them. Called by the reactor when it stops. */
  async closeConnections(timeoutMs: number): Promise<void> {
    await this.#connections.close(this.#context.clock, timeoutMs);
  }

  accepted(driver: StreamDriver): void {
    const { maxConnections = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#connections.all.size >= maxConnections) {
      this.#refused++;
      driver.terminate();
      return;
    }
    const protocol = this.#buildProtocol(driver.peer);
    if (protocol === null) {
      driver.close();
      return;
    }
    this.#accepted++;
    const connection = new StreamConnection(driver, this.#context, this, this.#options);
    this.#connections.add(connection);
    driver.attach(connection);
    connection.start(protocol);
  }

  turnedAway(): void {
    this.#refused++;
  }

  connectionEnded(connection: StreamConnection): void {
    this.#connections.connectionEnded(connection);
    this.#unregisterIfIdle();
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.#mustListen(name).getSocketOption(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.#mustListen(name).setSocketOption(name, value);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }

  async #open(): Promise<void> {
    let listener: OpenListener;
    try {
      listener = await this.#target.open(this);
    } catch (error) {
      this.#factory.doStop();
      throw new CannotListenError(this.#target.description, messageOf(error), {
        ...systemCodeOf(error),
        cause: error,
      });
    }
    this.#host = listener.host;
    this.#listener = listener;
    // It may have been stopped while it was starting.
    if (this.#state !== "starting") return this.stopListening();
    this.#registry.add(this);
    this.#state = "listening";
  }

  #mustListen(option: string): OpenListener {
    if (this.#listener !== null) return this.#listener;
    throw new SocketOptionError(option, `${this.#target.description} does not listen`);
  }

  #unregisterIfIdle(): void {
    if (this.#listener === null && this.#connections.all.size === 0) this.#registry.delete(this);
  }

  #buildProtocol(peer: Address): Protocol | null {
    try {
      return this.#factory.buildProtocol(peer);
    } catch (error) {
      this.#context.logger.error(`buildProtocol for ${peer} failed`, error);
      return null;
    }
  }
}
