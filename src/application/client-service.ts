import { checkFactory } from "../reactor/check-factory.ts";
import { checkOptions } from "../reactor/check-options.ts";
import type { StreamClientEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Logger } from "../reactor/logger.ts";
import type { Protocol } from "../reactor/protocol.ts";
import { settlesWithin } from "../reactor/settles-within.ts";
import { SingleConnectionFactory } from "../reactor/single-connection-factory.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { backoff, type RetryPolicy } from "../task/backoff.ts";
import { sleep } from "../task/sleep.ts";
import { CLIENT_SERVICE_OPTIONS, type ClientServiceOptions } from "./client-service-options.ts";
import { ConnectionWaiters, type WhenConnectedOptions } from "./connection-waiters.ts";
import { loggerOf } from "./logger-of.ts";
import { Service } from "./service.ts";
import { ServiceStoppedError } from "./service-stopped-error.ts";

/** As long as the connections of a port get when it is drained. */
const STOP_TIMEOUT_MS = 30_000;

/** How much longer a stop waits for an endpoint that was told to cancel, which takes no time. */
const CANCEL_TIMEOUT_MS = 1_000;

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
 * `stop` closes the connection, aborts it when that takes too long, and waits until it has ended;
 * or cancels the attempt. Then it may be started again.
 */
export class ClientService<P extends Protocol = Protocol> extends Service {
  readonly #endpoint: StreamClientEndpoint;
  readonly #factory: Factory<P>;
  readonly #options: ClientServiceOptions<P>;
  readonly #retry: RetryPolicy;
  readonly #stopTimeoutMs: number;
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

  /** @throws {TypeError} @throws {RangeError} when something is of another kind */
  constructor(
    endpoint: StreamClientEndpoint,
    factory: Factory<P>,
    options: ClientServiceOptions<P>,
  ) {
    checkFactory("ClientService", factory);
    checkOptions("ClientService", options, CLIENT_SERVICE_OPTIONS);
    super(options.name === undefined ? {} : { name: options.name });
    this.#endpoint = endpoint;
    this.#factory = factory;
    this.#options = options;
    this.#retry = options.retry ?? backoff();
    this.#stopTimeoutMs = options.stopTimeoutMs ?? STOP_TIMEOUT_MS;
    this.#logger = loggerOf(options.clock, options.logger);
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
    const { signal } = this.#ending;
    const keep = () => this.#keepConnected(signal);
    // An endpoint that did not heed the last stop may still be connecting.
    const run = this.#connection === "idle" ? keep() : this.#run.then(keep);
    this.#run = run.catch((error: unknown) => {
      this.#gaveUp = { error };
      this.#logger.error(`${this.#who} gives up`, error);
      this.#waiters.rejectAll(error);
    });
  }

  protected override async doStop(): Promise<void> {
    this.#gaveUp = null;
    this.#ending.abort(this.#stopped());
    this.#waiters.rejectAll(this.#stopped());
    const timeoutMs = this.#stopTimeoutMs + CANCEL_TIMEOUT_MS;
    if (await settlesWithin(this.#options.clock, timeoutMs, this.#run)) return;
    throw new Error(`Waited in vain for ${this.#who}: its endpoint goes on connecting`);
  }

  async #keepConnected(ending: AbortSignal): Promise<void> {
    let failures = 0;
    try {
      while (!ending.aborted) {
        const failure = await this.#connectOnce(ending);
        failures = failure === null ? 0 : failures + 1;
        if (ending.aborted) return;
        if (failure !== null) this.#reportFailure(failure.error, failures);
        await this.#waitToRetry(failures, failure?.error, ending);
      }
    } finally {
      this.#moveTo("idle");
    }
  }

  /** One attempt, and the connection that comes of it. Returns why there was none, or null. */
  async #connectOnce(ending: AbortSignal): Promise<{ readonly error: unknown } | null> {
    this.#moveTo("connecting");
    try {
      await this.#connect(new SingleConnectionFactory(this.#factory), ending);
      return null;
    } catch (error) {
      return { error };
    }
  }

  async #waitToRetry(failures: number, error: unknown, ending: AbortSignal): Promise<void> {
    this.#moveTo("waiting");
    const delayMs = this.#retry(Math.max(failures, 1));
    this.#tell("retrying", ({ retrying }) => retrying?.({ delayMs, failures, error }));
    try {
      await sleep(this.#options.clock, delayMs, { signal: ending });
    } catch (thrown) {
      // Not the stop, then, but a delay that no clock can wait for.
      if (!ending.aborted) throw thrown;
    }
  }

  /** Resolves when a connection was there and has ended; rejects when there never was one. */
  async #connect(made: SingleConnectionFactory<P>, ending: AbortSignal): Promise<void> {
    const protocol = await this.#endpoint.connect(made, { signal: ending });
    const { transport } = made;
    if (transport === null) throw new TypeError("The endpoint connected without its factory");
    const close = () => void this.#close(transport, made);
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
      this.#moveTo("closing");
      if (this.#served !== null) this.#tell("lost", ({ lost }) => lost?.(protocol));
      this.#served = null;
    }
  }

  /** Our own protocol may have a producer that neither says anything more nor that it is done. */
  async #close(transport: StreamTransport, made: SingleConnectionFactory<P>): Promise<void> {
    transport.loseConnection();
    const inTime = await settlesWithin(this.#options.clock, this.#stopTimeoutMs, made.ended);
    if (!inTime) transport.abortConnection();
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
    this.#tell("connected", ({ connected }) => connected?.(protocol));
    this.#waiters.connected(protocol);
  }

  /** Calls one of the program's callbacks; what goes wrong there stays there. */
  #tell(what: string, call: (options: ClientServiceOptions<P>) => unknown): void {
    const failed = (error: unknown) => this.#logger.error(`${what} of ${this.#who} failed`, error);
    try {
      const result = call(this.#options);
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
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
