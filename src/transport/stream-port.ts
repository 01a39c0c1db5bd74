import type { Address } from "../reactor/address.ts";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import type { Factory, ProtocolStack } from "../reactor/factory.ts";
import type { ListeningPort, PortStats } from "../reactor/listening-port.ts";
import type { Protocol } from "../reactor/protocol.ts";
import {
  SocketOptionError,
  type SocketOptionName,
  type SocketOptionValue,
} from "../reactor/socket-option.ts";
import type { StreamOptions, StreamTransport } from "../reactor/stream-transport.ts";
import type { TLSInfo, TLSServerOptions } from "../reactor/tls.ts";
import { ConnectionSet } from "./connection-set.ts";
import { Handshake, type HandshakeOwner } from "./handshake.ts";
import type { ConnectionAcceptor, ListenTarget, OpenListener } from "./listen-target.ts";
import type { TransportContext } from "./transport-context.ts";
import { endFactoryUse } from "./end-factory-use.ts";
import { type ConnectionOwner, StreamConnection } from "./stream-connection.ts";
import type { StreamDriver } from "./stream-driver.ts";
import { messageOf, systemCodeOf } from "./system-error.ts";
import type { PreparedTLS } from "./tls-maker.ts";

/** The settings of a port: how many connections, and how each of them is made. */
export interface StreamPortOptions extends StreamOptions {
  readonly maxConnections?: number;
  readonly tls?: TLSServerOptions;
}

/** Where ports are entered while they listen or have connections. */
export interface PortRegistry {
  /** @throws {ReactorNotRunning} while the reactor opens nothing */
  add(port: StreamPort<Address>): void;
  delete(port: StreamPort<Address>): void;
}

/** How long `drain` waits unless told. */
const DEFAULT_DRAIN_TIMEOUT_MS = 30_000;

/** A listening port over any kind of socket, and the connections that came in through it. */
export class StreamPort<A extends Address>
  implements ListeningPort<A>, ConnectionAcceptor, ConnectionOwner, HandshakeOwner
{
  readonly #target: ListenTarget<A>;
  readonly #factory: Factory;
  readonly #context: TransportContext;
  readonly #options: StreamPortOptions;
  readonly #registry: PortRegistry;
  readonly #connections = new ConnectionSet();
  readonly #handshakes = new Set<Handshake>();
  #tls: PreparedTLS | null;
  #starting: Promise<void> | null = null;
  #listener: OpenListener<A> | null = null;
  #host: A | null = null;
  #accepted = 0;
  #refused = 0;
  #failedHandshakes = 0;

  /**
   * @param registry holds the port as long as it listens, or is about to, or has connections
   * @param options checked already
   * @throws {TLSError} for a key or certificate that cannot be used
   */
  constructor(
    target: ListenTarget<A>,
    factory: Factory,
    context: TransportContext,
    options: StreamPortOptions,
    registry: PortRegistry,
  ) {
    this.#target = target;
    this.#factory = factory;
    this.#context = context;
    this.#options = options;
    this.#registry = registry;
    this.#tls =
      options.tls === undefined ? null : context.tls.prepare({ side: "server", ...options.tls });
  }

  get host(): A {
    if (this.#host === null) throw new Error(`${this.#target.description} never listened`);
    return this.#host;
  }

  get connections(): ReadonlySet<StreamTransport> {
    return this.#connections.all;
  }

  get stats(): PortStats {
    return {
      accepted: this.#accepted,
      refused: this.#refused,
      failedHandshakes: this.#failedHandshakes,
    };
  }

  get fileDescriptor(): number {
    return this.#listener?.fileDescriptor ?? -1;
  }

  startListening(): Promise<void> {
    if (this.#listener !== null) return Promise.resolve();
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async stopListening(): Promise<void> {
    // Whoever started it hears of a failure to start.
    if (this.#starting !== null) await this.#starting.catch(() => undefined);
    if (this.#listener === null) return;
    this.#listener.close();
    this.#listener = null;
    endFactoryUse(this.#factory, this.#context.logger);
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
    this.#giveUpHandshakes();
    await this.#connections.close(this.#context.clock, timeoutMs);
  }

  accepted(driver: StreamDriver): void {
    const { maxConnections = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#connections.all.size + this.#handshakes.size >= maxConnections) {
      this.#refused++;
      driver.terminate();
    } else if (this.#tls === null) {
      this.#serve(driver, null);
    } else {
      const handshake = new Handshake(driver, this);
      this.#handshakes.add(handshake);
      handshake.begin(this.#tls, this.#context.clock);
    }
  }

  handshakeSucceeded(handshake: Handshake, driver: StreamDriver, info: TLSInfo): void {
    this.#handshakes.delete(handshake);
    this.#serve(driver, info);
  }

  handshakeFailed(handshake: Handshake): void {
    this.#handshakes.delete(handshake);
    this.#failedHandshakes++;
  }

  reloadTLS(options: TLSServerOptions): void {
    if (this.#tls === null) throw new Error(`${this.#target.description} has no TLS to reload`);
    this.#tls = this.#context.tls.prepare({ side: "server", ...options });
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

  async #start(): Promise<void> {
    this.#registry.add(this);
    try {
      this.#factory.doStart();
      this.#listener = await this.#open();
      this.#host = this.#listener.host;
    } finally {
      this.#unregisterIfIdle();
    }
  }

  async #open(): Promise<OpenListener<A>> {
    try {
      return await this.#target.open(this);
    } catch (error) {
      endFactoryUse(this.#factory, this.#context.logger);
      throw new CannotListenError(this.#target.description, messageOf(error), {
        ...systemCodeOf(error),
        cause: error,
      });
    }
  }

  #mustListen(option: string): OpenListener<A> {
    if (this.#listener !== null) return this.#listener;
    throw new SocketOptionError(option, `${this.#target.description} does not listen`);
  }

  #unregisterIfIdle(): void {
    if (this.#listener === null && this.#connections.all.size === 0) this.#registry.delete(this);
  }

  #serve(driver: StreamDriver, info: TLSInfo | null): void {
    const stack = this.#buildStack(driver.peer);
    if (stack === null) return driver.close();
    this.#accepted++;
    const connection = new StreamConnection(driver, this.#context, this, this.#options);
    this.#connections.add(connection);
    driver.attach(connection);
    connection.start(stack.outermost, info);
  }

  #giveUpHandshakes(): void {
    for (const handshake of this.#handshakes) handshake.giveUp();
    this.#handshakes.clear();
  }

  #buildStack(peer: Address): ProtocolStack<Protocol> | null {
    try {
      return this.#factory.buildStack(peer);
    } catch (error) {
      this.#context.logger.error(`buildProtocol for ${peer} failed`, error);
      return null;
    }
  }
}
