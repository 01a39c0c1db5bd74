import { UNIXAddress } from "../reactor/address.ts";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import type { Clock } from "../reactor/clock.ts";
import type { ListeningPort, PortStats } from "../reactor/listening-port.ts";
import {
  SocketOptionError,
  type SocketOptionName,
  type SocketOptionValue,
} from "../reactor/socket-option.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import type { SingleConnectionFactory } from "../reactor/single-connection-factory.ts";

/** How long `drain` waits unless told, as that of every port. */
const DEFAULT_DRAIN_TIMEOUT_MS = 30_000;

/** The port of an endpoint whose only connection was there from the beginning. */
export class SingleConnectionPort implements ListeningPort<UNIXAddress> {
  readonly host = new UNIXAddress("");
  readonly connections: Set<StreamTransport>;
  readonly stats: PortStats;
  readonly #description: string;
  readonly #connection: SingleConnectionFactory;
  readonly #clock: Clock;
  #state: "listening" | "stopped" = "listening";

  /** @param connection whose connection is made, or refused */
  constructor(description: string, connection: SingleConnectionFactory, clock: Clock) {
    const { transport } = connection;
    this.#description = description;
    this.#connection = connection;
    this.#clock = clock;
    this.connections = new Set(transport === null ? [] : [transport]);
    const accepted = this.connections.size;
    this.stats = { accepted, refused: 1 - accepted, failedHandshakes: 0 };
    void connection.ended.then(() => this.connections.clear());
  }

  get fileDescriptor(): number {
    return this.#connection.transport?.fileDescriptor ?? -1;
  }

  async startListening(): Promise<void> {
    if (this.#state === "listening") return;
    throw new CannotListenError(this.#description, "its one connection was made before");
  }

  async stopListening(): Promise<void> {
    this.#state = "stopped";
  }

  async drain(
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const { timeoutMs = DEFAULT_DRAIN_TIMEOUT_MS, signal } = options;
    const abort = () => this.#connection.transport?.abortConnection();
    await this.stopListening();
    using _deadline = this.#clock.callLater(timeoutMs, abort);
    signal?.addEventListener("abort", abort);
    try {
      if (signal?.aborted) abort();
      else if (this.connections.size > 0) this.#connection.callbacks?.draining?.();
      await this.#connection.ended;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  reloadTLS(): void {
    throw new Error(`${this.#description} has no TLS to reload`);
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.#open(name).getSocketOption(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.#open(name).setSocketOption(name, value);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }

  #open(option: string): StreamTransport {
    for (const transport of this.connections) return transport;
    throw new SocketOptionError(option, `${this.#description} has no connection`);
  }
}
