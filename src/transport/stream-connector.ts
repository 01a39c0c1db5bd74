import type { Address } from "../reactor/address.ts";
import type { DelayedCall } from "../reactor/clock.ts";
import {
  ConnectError,
  ConnectingCancelledError,
  NoProtocol,
  TimeoutError,
} from "../reactor/connect-error.ts";
import type { Factory, ProtocolStack } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectOptions, ConnectTCPOptions } from "../reactor/reactor.ts";
import { TLSError } from "../reactor/tls.ts";
import type { ConnectCandidate } from "./connect-candidate.ts";
import { connectFailure } from "./connect-failure.ts";
import { ConnectRace } from "./connect-race.ts";
import type { ConnectionSet } from "./connection-set.ts";
import { admits, dismiss, endFactoryUse } from "./factory-use.ts";
import { type ConnectionOwner, StreamConnection } from "./stream-connection.ts";
import type { StreamDriver } from "./stream-driver.ts";
import { messageOf } from "./system-error.ts";
import type { PreparedTLS } from "./tls-maker.ts";
import type { TransportContext } from "./transport-context.ts";

/** How long connecting may take by default; Twisted's value, well below the kernel's 2 minutes. */
const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;

/** How long an attempt is alone before the next one begins, as RFC 8305 section 8 recommends. */
const DEFAULT_ATTEMPT_DELAY_MS = 250;

/** What a reactor that stops does to a connect under way. */
export interface Cancellable {
  cancel(): void;
}

/** The books of a reactor that a connect is entered in. */
interface ConnectBooks {
  /** The connects under way. */
  readonly connecting: Set<Cancellable>;
  /** The connections that were made. */
  readonly connections: ConnectionSet;
}

/** What every connect takes, and what else bears on how it goes about several addresses. */
export type StreamConnectorOptions = ConnectOptions &
  Pick<ConnectTCPOptions, "attemptDelayMs" | "bindAddress">;

/**
 * One connect, from the first look-up to the protocol, within one timeout: the candidates race, and
 * the factory admits the winner before TLS, and dismisses it at its end.
 */
export class StreamConnector<P extends Protocol> implements ConnectionOwner, Cancellable {
  readonly #description: string;
  readonly #factory: Factory<P>;
  readonly #context: TransportContext;
  readonly #books: ConnectBooks;
  readonly #options: StreamConnectorOptions;
  readonly #tls: PreparedTLS | null;
  readonly #outcome = Promise.withResolvers<P>();
  readonly #cancel = () => this.cancel();
  #state: "connecting" | "settled" = "connecting";
  #race: ConnectRace | null = null;
  /** The connection that is being secured. */
  #securing: StreamConnection | null = null;
  /** The peer that was admitted, until it is dismissed. */
  #admitted: Address | null = null;
  #deadline: DelayedCall | null = null;

  /**
   * @param description what is connected to, for messages about no address in particular
   * @param options checked already
   * @throws {TLSError} for a key or certificate that cannot be used
   */
  constructor(
    description: string,
    factory: Factory<P>,
    context: TransportContext,
    books: ConnectBooks,
    options: StreamConnectorOptions,
  ) {
    this.#description = description;
    this.#factory = factory;
    this.#context = context;
    this.#books = books;
    this.#options = options;
    this.#tls =
      options.tls === undefined ? null : context.tls.prepare({ side: "client", ...options.tls });
  }

  /**
   * Connects to one of the candidates that `find` gives, of which there is one at least. Resolves
   * with the protocol after its `connectionMade`; rejects with a `ConnectError`, or with what its
   * caller did wrong (`TypeError`, `RangeError`, `InvalidAddressError`), as `find` threw it.
   */
  connect(find: () => Promise<readonly ConnectCandidate[]>): Promise<P> {
    const { timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, signal } = this.#options;
    if (signal?.aborted) return Promise.reject(this.#cancelled());
    this.#factory.doStart();
    this.#books.connecting.add(this);
    this.#deadline = this.#context.clock.callLater(timeoutMs, () => {
      this.#giveUp(new TimeoutError(this.#target, `no answer within ${timeoutMs} ms`));
    });
    signal?.addEventListener("abort", this.#cancel);
    find().then(
      (candidates) => this.#startRace(candidates),
      (error: unknown) => this.#giveUp(connectFailure(this.#description, error)),
    );
    return this.#outcome.promise;
  }

  /** Ends the attempt; the connect rejects with `ConnectingCancelledError`. */
  cancel(): void {
    this.#giveUp(this.#cancelled());
  }

  raceWon(driver: StreamDriver): void {
    const { peer } = driver;
    if (!admits(this.#factory, peer, this.#context.logger)) {
      driver.close();
      this.#giveUp(new NoProtocol(peer.toString(), "the factory does not admit it"));
      return;
    }
    this.#admitted = peer;
    // What `admit` does may have cancelled.
    if (this.#state === "settled") {
      driver.terminate();
      this.#dismiss();
      return;
    }
    const connection = new StreamConnection(driver, this.#context, this, this.#options);
    driver.attach(connection);
    if (this.#tls === null) return this.#serve(connection);
    this.#securing = connection;
    connection.secure(this.#tls);
  }

  raceLost(error: Error): void {
    this.#giveUp(error);
  }

  connectionSecured(connection: StreamConnection): void {
    if (this.#state === "connecting") this.#serve(connection);
  }

  connectionEnded(connection: StreamConnection): void {
    if (!this.#books.connections.delete(connection)) return this.#handshakeFailed(connection);
    this.#dismiss();
    endFactoryUse(this.#factory, this.#context.logger);
  }

  /** The address that is being tried, or else what was asked for. */
  get #target(): string {
    return this.#securing?.getPeer().toString() ?? this.#race?.target ?? this.#description;
  }

  #startRace(candidates: readonly ConnectCandidate[]): void {
    if (this.#state === "settled") return;
    const { bindAddress, attemptDelayMs = DEFAULT_ATTEMPT_DELAY_MS } = this.#options;
    // Two attempts cannot have the same local port at a time.
    const delayMs = bindAddress?.port ? Number.POSITIVE_INFINITY : attemptDelayMs;
    const { clock } = this.#context;
    this.#race = new ConnectRace(this.#description, candidates, delayMs, clock, this);
    this.#race.start();
  }

  /** Another address of the same name would fail likewise, so this ends the connect. */
  #handshakeFailed(connection: StreamConnection): void {
    const { reason } = connection;
    if (reason?.kind !== "lost" || !(reason.cause instanceof TLSError)) return;
    const { code, message } = reason.cause;
    const options = { code, cause: reason.cause };
    this.#giveUp(new ConnectError(connection.getPeer().toString(), message, options));
  }

  #serve(connection: StreamConnection): void {
    this.#settle();
    const stack = this.#buildStack(connection.getPeer());
    if (stack === null) return connection.refuse();
    this.#books.connections.add(connection);
    connection.start(stack.outermost);
    this.#outcome.resolve(stack.protocol);
  }

  #buildStack(peer: Address): ProtocolStack<P> | null {
    try {
      const stack = this.#factory.buildStack(peer);
      if (stack !== null) return stack;
      this.#reject(new NoProtocol(peer.toString(), "buildProtocol returned null"));
    } catch (error) {
      this.#context.logger.error(`buildProtocol for ${peer} failed`, error);
      const detail = `buildProtocol failed: ${messageOf(error)}`;
      this.#reject(new NoProtocol(peer.toString(), detail, { cause: error }));
    }
    return null;
  }

  #cancelled(): ConnectError {
    const cause: unknown = this.#options.signal?.reason;
    return new ConnectingCancelledError(this.#target, "cancelled", { cause });
  }

  #giveUp(error: Error): void {
    if (this.#state === "settled") return;
    this.#settle();
    this.#race?.giveUp();
    this.#securing?.abortConnection();
    this.#reject(error);
  }

  #reject(error: Error): void {
    this.#dismiss();
    endFactoryUse(this.#factory, this.#context.logger);
    this.#outcome.reject(error);
  }

  #dismiss(): void {
    const peer = this.#admitted;
    this.#admitted = null;
    if (peer !== null) dismiss(this.#factory, peer, this.#context.logger);
  }

  #settle(): void {
    this.#state = "settled";
    this.#books.connecting.delete(this);
    this.#deadline?.[Symbol.dispose]();
    this.#options.signal?.removeEventListener("abort", this.#cancel);
  }
}
