import type { Clock } from "../reactor/clock.ts";
import type { StreamClientEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import { type Logger, STDERR_LOGGER, steadyLogger } from "../reactor/logger.ts";
import type { Protocol } from "../reactor/protocol.ts";
import { SingleConnectionFactory } from "../reactor/single-connection-factory.ts";
import { backoff, type RetryPolicy } from "../task/backoff.ts";
import { sleep } from "../task/sleep.ts";
import { ConnectionWaiters, type WhenConnectedOptions } from "./connection-waiters.ts";
import { Service } from "./service.ts";
import { ServiceStoppedError } from "./service-stopped-error.ts";

/** How a `ClientService` comes back. */
export interface ClientServiceOptions<P extends Protocol> {
  /** What measures the delays: the reactor, usually. */
  readonly clock: Clock;
  /** How long to wait after how many failures in a row; `backoff()` unless told. */
  readonly retry?: RetryPolicy;
  /**
   * Called with each new connection, before anybody else gets it: log in here. When it fails the
   * connection is aborted, and that counts as a failed attempt.
   */
  readonly prepare?: (protocol: P) => void | Promise<void>;
  /** What it is called, for `MultiService` and in messages. */
  readonly name?: string;
  /** Where failed attempts are reported; standard error unless told. */
  readonly logger?: Logger;
}

/** What it does about its connection. */
type ConnectionState = "idle" | "connecting" | "preparing" | "connected" | "closing" | "waiting";

/** The legal moves. Anything else is a fault of ours. */
const NEXT_STATES: Readonly<Record<ConnectionState, readonly ConnectionState[]>> = {
  idle: ["connecting"],
  connecting: ["preparing", "waiting", "idle"],
  preparing: ["connected", "closing"],
  connected: ["closing"],
  closing: ["waiting", "idle"],
  waiting: ["connecting", "idle"],
};

/**
 * Keeps one connection: connects when it starts, and again whenever the connection is lost or
 * cannot be made, each time after a delay that grows with the failures and begins anew with a
 * success.
 *
 * `stop` closes the connection and waits until it has ended, or cancels the attempt. Then it may be
 * started again.
 */
export class ClientService<P extends Protocol = Protocol> extends Service {
  readonly #endpoint: StreamClientEndpoint;
  readonly #factory: Factory<P>;
  readonly #options: ClientServiceOptions<P>;
  readonly #retry: RetryPolicy;
  readonly #logger: Logger;
  readonly #waiters = new ConnectionWaiters<P>();
  #connection: ConnectionState = "idle";
  /** The connection that others may have. */
  #served: { readonly protocol: P; readonly made: SingleConnectionFactory<P> } | null = null;
  /** Why it makes no further attempts; null as long as it does. */
  #gaveUp: { readonly error: unknown } | null = null;
  /** Ends the run. */
  #ending = new AbortController();
  /** Resolves when the run has ended. */
  #run: Promise<void> = Promise.resolve();

  constructor(
    endpoint: StreamClientEndpoint,
    factory: Factory<P>,
    options: ClientServiceOptions<P>,
  ) {
    super(options.name === undefined ? {} : { name: options.name });
    this.#endpoint = endpoint;
    this.#factory = factory;
    this.#options = options;
    this.#retry = options.retry ?? backoff();
    this.#logger = steadyLogger(options.logger ?? STDERR_LOGGER);
  }

  /** What it does about its connection now. */
  get connection(): ConnectionState {
    return this.#connection;
  }

  /**
   * Resolves with the protocol of the connection, as soon as there is one; also before the service
   * is started.
   *
   * @param options.failAfterFailures after how many failed attempts from now on it rejects, with
   *   the last failure
   * @param options.signal stops waiting
   * @throws {ServiceStoppedError} as a rejection, when the service is stopped meanwhile, or was;
   *   and what `retry` threw, which ends the attempts until it is stopped and started again
   */
  async whenConnected(options: WhenConnectedOptions = {}): Promise<P> {
    options.signal?.throwIfAborted();
    // Inside `connectionLost` the end of the connection is only about to be known.
    await Promise.resolve();
    if (this.asked === "stop") throw this.#stopped();
    if (this.#gaveUp !== null) throw this.#gaveUp.error;
    const served = this.#served;
    return served === null || served.made.isOver ? this.#waiters.wait(options) : served.protocol;
  }

  protected override doStart(): void {
    this.#ending = new AbortController();
    this.#run = this.#keepConnected(this.#ending.signal).catch((error: unknown) => {
      this.#gaveUp = { error };
      this.#logger.error(`${this.#who} gives up`, error);
      this.#waiters.rejectAll(error);
    });
  }

  protected override doStop(): Promise<void> {
    this.#gaveUp = null;
    this.#ending.abort(this.#stopped());
    this.#waiters.rejectAll(this.#stopped());
    return this.#run;
  }

  async #keepConnected(ending: AbortSignal): Promise<void> {
    let failures = 0;
    try {
      while (!ending.aborted) {
        failures = await this.#connectOnce(failures, ending);
        if (!ending.aborted) await this.#waitToRetry(Math.max(failures, 1), ending);
      }
    } finally {
      this.#moveTo("idle");
    }
  }

  /** One attempt, and the connection that comes of it. Returns the failures in a row. */
  async #connectOnce(failuresBefore: number, ending: AbortSignal): Promise<number> {
    this.#moveTo("connecting");
    try {
      await this.#connect(new SingleConnectionFactory(this.#factory), ending);
      return 0;
    } catch (error) {
      const failures = failuresBefore + 1;
      if (!ending.aborted) this.#reportFailure(error, failures);
      return failures;
    }
  }

  async #waitToRetry(failures: number, ending: AbortSignal): Promise<void> {
    this.#moveTo("waiting");
    try {
      await sleep(this.#options.clock, this.#retry(failures), { signal: ending });
    } catch (error) {
      // Not the stop, then, but a delay that no clock can wait for.
      if (!ending.aborted) throw error;
    }
  }

  /** Resolves when a connection was there and has ended; rejects when there never was one. */
  async #connect(made: SingleConnectionFactory<P>, ending: AbortSignal): Promise<void> {
    const protocol = await this.#endpoint.connect(made, { signal: ending });
    const { transport } = made;
    if (transport === null) throw new TypeError("The endpoint connected without its factory");
    const close = () => transport.loseConnection();
    this.#moveTo("preparing");
    ending.addEventListener("abort", close);
    try {
      if (ending.aborted) close();
      else await this.#prepare(protocol, made);
      if (!ending.aborted) this.#serve(protocol, made);
    } catch (error) {
      transport.abortConnection();
      throw error;
    } finally {
      await made.ended;
      ending.removeEventListener("abort", close);
      this.#served = null;
      this.#moveTo("closing");
    }
  }

  /** Has the connection made ready. Rejects when it ends before it is. */
  async #prepare(protocol: P, made: SingleConnectionFactory<P>): Promise<void> {
    const { prepare } = this.#options;
    if (prepare === undefined) return;
    const prepared = prepare(protocol);
    const lost = made.ended.then(() => {
      throw new Error("The connection ended while it was prepared");
    });
    await Promise.race([prepared, lost]);
  }

  #serve(protocol: P, made: SingleConnectionFactory<P>): void {
    this.#moveTo("connected");
    this.#served = { protocol, made };
    this.#waiters.connected(protocol);
  }

  #reportFailure(error: unknown, failures: number): void {
    this.#logger.warn(`${this.#who} could not connect (failure ${failures} in a row)`, error);
    this.#waiters.attemptFailed(error);
  }

  #stopped(): ServiceStoppedError {
    return new ServiceStoppedError(this.#who);
  }

  get #who(): string {
    return this.name ?? "a client service";
  }

  #moveTo(state: ConnectionState): void {
    if (!NEXT_STATES[this.#connection].includes(state)) {
      throw new Error(`A client service cannot go from ${this.#connection} to ${state}`);
    }
    this.#connection = state;
  }
}
