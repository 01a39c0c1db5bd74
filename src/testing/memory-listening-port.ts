import type { Address } from "../reactor/address.ts";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort, PortStats } from "../reactor/listening-port.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { StreamOptions, StreamTransport } from "../reactor/stream-transport.ts";
import { ConnectionSet } from "../transport/connection-set.ts";
import { StreamConnection, type StreamContext } from "../transport/stream-connection.ts";
import type { MemoryDriver } from "./memory-driver.ts";
import type { MemoryListenTarget } from "./memory-listen-target.ts";
import type { MemoryAcceptor } from "./memory-network.ts";
import { MemorySocketOptions } from "./memory-socket-options.ts";

const DEFAULT_DRAIN_TIMEOUT_MS = 30_000;

/** A port of a `MemoryReactor`. */
export class MemoryListeningPort implements ListeningPort, MemoryAcceptor {
  readonly #target: MemoryListenTarget;
  readonly #factory: Factory;
  readonly #context: StreamContext;
  readonly #options: StreamOptions & { readonly maxConnections?: number };
  readonly #connections = new ConnectionSet();
  readonly #socketOptions = new MemorySocketOptions("stream");
  readonly fileDescriptor = -1;
  #host: Address | null = null;
  #state: "stopped" | "listening" = "stopped";
  #accepted = 0;
  #refused = 0;

  constructor(
    target: MemoryListenTarget,
    factory: Factory,
    context: StreamContext,
    options: StreamOptions & { readonly maxConnections?: number },
  ) {
    this.#target = target;
    this.#factory = factory;
    this.#context = context;
    this.#options = options;
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

  async startListening(): Promise<void> {
    if (this.#state === "listening") return;
    this.#factory.doStart();
    try {
      this.#host = this.#target.open(this);
    } catch (cause) {
      this.#factory.doStop();
      const { code, message } = cause as { readonly code: string; readonly message: string };
      throw new CannotListenError(this.#target.description, message, { code, cause });
    }
    this.#state = "listening";
  }

  async stopListening(): Promise<void> {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
    this.#target.close(this);
    this.#factory.doStop();
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

  accepted(driver: MemoryDriver): void {
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
    const connection = new StreamConnection(
      driver,
      this.#context,
      this.#connections,
      this.#options,
    );
    this.#connections.add(connection);
    driver.attach(connection);
    connection.start(protocol);
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.#socketOptions.get(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.#socketOptions.set(name, value);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
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
