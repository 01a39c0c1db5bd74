import type { Address } from "../reactor/address.ts";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort, PortStats } from "../reactor/listening-port.ts";
import {
  SocketOptionError,
  type SocketOptionName,
  type SocketOptionValue,
} from "../reactor/socket-option.ts";
import type { StreamOptions, StreamTransport } from "../reactor/stream-transport.ts";
import type { TLSServerOptions } from "../reactor/tls.ts";
import { Admission } from "./admission.ts";
import { CallsInOrder } from "./calls-in-order.ts";
import { endFactoryUse } from "./factory-use.ts";
import type { ListenTarget, OpenListener } from "./listen-target.ts";
import { messageOf, systemCodeOf } from "./system-error.ts";
import type { TransportContext } from "./transport-context.ts";

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

/** How long `drain` waits by default: as long as container managers give a program to end. */
const DEFAULT_DRAIN_TIMEOUT_MS = 30_000;

/** A listening port over any kind of socket, and the connections that came in through it. */
export class StreamPort<A extends Address> implements ListeningPort<A> {
  readonly #target: ListenTarget<A>;
  readonly #factory: Factory;
  readonly #context: TransportContext;
  readonly #registry: PortRegistry;
  readonly #admission: Admission;
  readonly #changes = new CallsInOrder();
  #state: "stopped" | "starting" | "listening" = "stopped";
  #usesFactory = false;
  #listener: OpenListener<A> | null = null;
  #host: A | null = null;

  /**
   * @param registry holds the port as long as it listens, or is about to, or has connections, also
   *   such as have no protocol yet
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
    const { tls: given } = options;
    const tls = given === undefined ? null : context.tls.prepare({ side: "server", ...given });
    this.#target = target;
    this.#factory = factory;
    this.#context = context;
    this.#registry = registry;
    const connectionLeft = () => this.#releaseIfIdle();
    this.#admission = new Admission(factory, context, options, tls, { connectionLeft });
  }

  get host(): A {
    if (this.#host === null) throw new Error(`${this.#target.description} never listened`);
    return this.#host;
  }

  get connections(): ReadonlySet<StreamTransport> {
    return this.#admission.connections.all;
  }

  get stats(): PortStats {
    return this.#admission.stats;
  }

  get fileDescriptor(): number {
    return this.#listener?.fileDescriptor ?? -1;
  }

  startListening(): Promise<void> {
    return this.#changes.run(() => this.#start());
  }

  stopListening(): Promise<void> {
    return this.#changes.run(() => this.#stop());
  }

  async drain(
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const { timeoutMs = DEFAULT_DRAIN_TIMEOUT_MS, signal } = options;
    const { connections } = this.#admission;
    // Whoever comes after a start that follows is none of this.
    const leaving = await this.#changes.run(async () => {
      this.#stop();
      // It may be called while a connection is made, which leaves too.
      await Promise.resolve();
      this.#admission.giveUpHandshakes();
      return [...connections.all];
    });
    await connections.drain(leaving, this.#context.clock, timeoutMs, signal);
  }

  /** Closes every connection and waits for them. Called by the reactor when it stops. */
  async closeConnections(timeoutMs: number): Promise<void> {
    this.#admission.giveUpHandshakes();
    await this.#admission.connections.close(this.#context.clock, timeoutMs);
  }

  reloadTLS(options: TLSServerOptions): void {
    if (this.#admission.tls === null) {
      throw new Error(`${this.#target.description} has no TLS to reload`);
    }
    this.#admission.tls = this.#context.tls.prepare({ side: "server", ...options });
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
    if (this.#state === "listening") return;
    this.#registry.add(this);
    this.#state = "starting";
    try {
      if (!this.#usesFactory) this.#factory.doStart();
      this.#usesFactory = true;
      this.#listener = await this.#open();
      this.#host = this.#listener.host;
      this.#state = "listening";
    } catch (error) {
      this.#state = "stopped";
      this.#releaseIfIdle();
      throw error;
    }
  }

  async #open(): Promise<OpenListener<A>> {
    try {
      return await this.#target.open(this.#admission);
    } catch (error) {
      throw new CannotListenError(this.#target.description, messageOf(error), {
        ...systemCodeOf(error),
        cause: error,
      });
    }
  }

  #stop(): void {
    if (this.#state !== "listening") return;
    this.#listener?.close();
    this.#listener = null;
    this.#state = "stopped";
    this.#releaseIfIdle();
  }

  #mustListen(option: string): OpenListener<A> {
    if (this.#listener !== null) return this.#listener;
    throw new SocketOptionError(option, `${this.#target.description} does not listen`);
  }

  /**
   * Handshakes that are under way when the port stops still get their protocols, so it uses the
   * factory until the last of them; the reactor knows of it until the last connection.
   */
  #releaseIfIdle(): void {
    if (this.#state !== "stopped" || this.#admission.handshaking) return;
    if (this.#usesFactory) {
      this.#usesFactory = false;
      endFactoryUse(this.#factory, this.#context.logger);
    }
    if (this.connections.size === 0) this.#registry.delete(this);
  }
}
