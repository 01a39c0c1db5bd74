import { descriptorLimit } from "../native/descriptor-limit.ts";
import { getSocketOption, setSocketOption } from "../native/socket-options.ts";
import type { Address } from "../reactor/address.ts";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort, PortStats } from "../reactor/listening-port.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { StreamOptions, StreamTransport } from "../reactor/stream-transport.ts";
import { ConnectionSet } from "../transport/connection-set.ts";
import {
  type ConnectionOwner,
  StreamConnection,
  type StreamContext,
} from "../transport/stream-connection.ts";
import { type BunListener, type BunSocket, IGNORED } from "./bun-socket.ts";
import { BunStreamDriver } from "./bun-stream-driver.ts";
import type { ListenTarget } from "./listen-target.ts";
import { messageOf, systemCodeOf } from "./system-error.ts";

/**
 * Descriptors kept free for files, name lookups and outgoing connections. At the limit itself Bun
 * cannot accept and its loop spins, so connections that come near it are closed at once.
 */
const RESERVED_DESCRIPTORS = 64;

/** How long `drain` waits unless told. */
const DEFAULT_DRAIN_TIMEOUT_MS = 30_000;

/** A listening socket and the connections that came in through it. */
export class BunListeningPort implements ListeningPort, ConnectionOwner {
  readonly #target: ListenTarget;
  readonly #factory: Factory;
  readonly #context: StreamContext;
  readonly #options: StreamOptions & { readonly maxConnections?: number };
  readonly #registry: Set<BunListeningPort>;
  readonly #connections = new ConnectionSet();
  readonly #accept = (socket: BunSocket) => this.#accepted(socket);
  #listener: BunListener | null = null;
  #host: Address | null = null;
  #acceptedCount = 0;
  #refusedCount = 0;

  /** @param registry holds the port as long as it listens or has connections */
  constructor(
    target: ListenTarget,
    factory: Factory,
    context: StreamContext,
    options: StreamOptions & { readonly maxConnections?: number },
    registry: Set<BunListeningPort>,
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
    return { accepted: this.#acceptedCount, refused: this.#refusedCount };
  }

  get fileDescriptor(): number {
    return this.#listener?.fd ?? -1;
  }

  async startListening(): Promise<void> {
    if (this.#listener !== null) return;
    this.#factory.doStart();
    try {
      this.#listener = await this.#target.open(this.#accept);
      this.#host = this.#target.addressOf(this.#listener);
      this.#registry.add(this);
    } catch (error) {
      this.#listener?.stop(false);
      this.#listener = null;
      this.#factory.doStop();
      throw new CannotListenError(this.#target.description, messageOf(error), {
        ...systemCodeOf(error),
        cause: error,
      });
    }
  }

  async stopListening(): Promise<void> {
    const listener = this.#listener;
    if (listener === null) return;
    this.#listener = null;
    this.#target.close(listener);
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

  connectionEnded(connection: StreamConnection): void {
    this.#connections.connectionEnded(connection);
    this.#unregisterIfIdle();
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return getSocketOption(this.fileDescriptor, name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    setSocketOption(this.fileDescriptor, name, value);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }

  #unregisterIfIdle(): void {
    if (this.#listener === null && this.#connections.all.size === 0) this.#registry.delete(this);
  }

  #accepted(socket: BunSocket): void {
    socket.data = IGNORED;
    if (this.#isFull(socket)) {
      this.#refusedCount++;
      socket.terminate();
      return;
    }
    const ends = this.#target.endsOf(socket);
    const protocol = ends === null ? null : this.#buildProtocol(ends.peer);
    if (ends === null || protocol === null) {
      socket.close();
      return;
    }
    this.#acceptedCount++;
    const driver = new BunStreamDriver(socket, ends.peer, ends.host);
    const connection = new StreamConnection(driver, this.#context, this, this.#options);
    this.#connections.add(connection);
    socket.data = connection;
    connection.start(protocol);
  }

  #isFull(socket: BunSocket): boolean {
    const { maxConnections = Number.POSITIVE_INFINITY } = this.#options;
    return (
      this.#connections.all.size >= maxConnections ||
      socket.fd >= descriptorLimit() - RESERVED_DESCRIPTORS
    );
  }

  #buildProtocol(peer: Address) {
    try {
      return this.#factory.buildProtocol(peer);
    } catch (error) {
      this.#context.logger.error(`buildProtocol for ${peer} failed`, error);
      return null;
    }
  }
}
