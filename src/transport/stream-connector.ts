import type { Address } from "../reactor/address.ts";
import type { DelayedCall } from "../reactor/clock.ts";
import {
  ConnectError,
  connectErrorFor,
  ConnectingCancelledError,
  NoProtocol,
  TimeoutError,
} from "../reactor/connect-error.ts";
import type { Factory, ProtocolStack } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectOptions } from "../reactor/reactor.ts";
import type { TLSError, TLSInfo } from "../reactor/tls.ts";
import type { ConnectAttempt, ConnectAttemptOwner, ConnectCandidate } from "./connect-candidate.ts";
import type { ConnectionSet } from "./connection-set.ts";
import type { TransportContext } from "./transport-context.ts";
import { endFactoryUse } from "./end-factory-use.ts";
import { Handshake, type HandshakeOwner } from "./handshake.ts";
import { type ConnectionOwner, StreamConnection } from "./stream-connection.ts";
import type { StreamDriver } from "./stream-driver.ts";
import { messageOf, systemCodeOf } from "./system-error.ts";
import type { PreparedTLS } from "./tls-maker.ts";

/** How long connecting may take unless told; Twisted's value, well below the kernel's 2 minutes. */
const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;

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

/**
 * One connect, from the first look-up to the protocol: tries the candidates in turn, within one
 * timeout, until one connects.
 */
export class StreamConnector<P extends Protocol>
  implements ConnectAttemptOwner, HandshakeOwner, ConnectionOwner, Cancellable
{
  readonly #description: string;
  readonly #factory: Factory<P>;
  readonly #context: TransportContext;
  readonly #books: ConnectBooks;
  readonly #options: ConnectOptions;
  readonly #tls: PreparedTLS | null;
  readonly #outcome = Promise.withResolvers<P>();
  readonly #cancel = () => this.cancel();
  #state: "connecting" | "settled" = "connecting";
  #candidates: readonly ConnectCandidate[] = [];
  #nextCandidate = 0;
  #attempt: ConnectAttempt | Handshake | null = null;
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
    options: ConnectOptions,
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
   * Connects to one of the candidates that `find` gives. Resolves with the protocol after its
   * `connectionMade`, rejects with a `ConnectError`, or with what `find` threw as a mistake of its
   * caller (`TypeError`, `RangeError`, `InvalidAddressError`).
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
      (candidates) => {
        this.#candidates = candidates;
        this.#tryNext(null);
      },
      (error: unknown) => this.#giveUp(this.#errorFor(this.#description, error)),
    );
    return this.#outcome.promise;
  }

  /** Ends the attempt; the connect rejects with `ConnectingCancelledError`. */
  cancel(): void {
    this.#giveUp(this.#cancelled());
  }

  attemptSucceeded(driver: StreamDriver): void {
    if (this.#tls === null) {
      this.#serve(driver, null);
      return;
    }
    const handshake = new Handshake(driver, this);
    this.#attempt = handshake;
    handshake.begin(this.#tls, this.#context.clock);
  }

  handshakeSucceeded(_handshake: Handshake, driver: StreamDriver, info: TLSInfo): void {
    this.#serve(driver, info);
  }

  /** Another address of the same name would fail likewise, so this ends the connect. */
  handshakeFailed(_handshake: Handshake, error: TLSError): void {
    const { code, message } = error;
    this.#giveUp(new ConnectError(this.#target, message, { code, cause: error }));
  }

  attemptFailed(error: unknown): void {
    this.#tryNext(this.#errorFor(this.#target, error));
  }

  connectionEnded(connection: StreamConnection): void {
    this.#books.connections.connectionEnded(connection);
    endFactoryUse(this.#factory, this.#context.logger);
  }

  /** The address that is being tried, or else what was asked for. */
  get #target(): string {
    return this.#candidates[this.#nextCandidate - 1]?.address.toString() ?? this.#description;
  }

  #tryNext(failure: Error | null): void {
    while (this.#state === "connecting") {
      const candidate = this.#candidates[this.#nextCandidate++];
      if (candidate === undefined) {
        this.#giveUp(failure ?? connectErrorFor(this.#description, "ENOTFOUND"));
        return;
      }
      try {
        this.#begun(candidate.begin(this));
        return;
      } catch (error) {
        failure = this.#errorFor(candidate.address.toString(), error);
      }
    }
  }

  /** The runtime may run other code while it begins to connect, and that may have cancelled. */
  #begun(attempt: ConnectAttempt): void {
    this.#attempt = attempt;
    if (this.#state === "settled") attempt.giveUp();
  }

  #serve(driver: StreamDriver, info: TLSInfo | null): void {
    this.#settle();
    const stack = this.#buildStack(driver.peer);
    if (stack === null) {
      driver.close();
      return;
    }
    const connection = new StreamConnection(driver, this.#context, this, this.#options);
    this.#books.connections.add(connection);
    driver.attach(connection);
    connection.start(stack.outermost, info);
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

  /** Mistakes of the caller go through as they are; what the world did becomes a `ConnectError`. */
  #errorFor(address: string, cause: unknown): Error {
    if (cause instanceof ConnectError) return cause;
    const { code } = systemCodeOf(cause);
    if (code !== undefined) return connectErrorFor(address, code, cause);
    if (cause instanceof Error && cause.constructor !== Error) return cause;
    return new ConnectError(address, messageOf(cause), { cause });
  }

  #cancelled(): ConnectError {
    const cause: unknown = this.#options.signal?.reason;
    return new ConnectingCancelledError(this.#target, "cancelled", { cause });
  }

  #giveUp(error: Error): void {
    if (this.#state === "settled") return;
    this.#settle();
    this.#attempt?.giveUp();
    this.#reject(error);
  }

  #reject(error: Error): void {
    endFactoryUse(this.#factory, this.#context.logger);
    this.#outcome.reject(error);
  }

  #settle(): void {
    this.#state = "settled";
    this.#books.connecting.delete(this);
    this.#deadline?.[Symbol.dispose]();
    this.#options.signal?.removeEventListener("abort", this.#cancel);
  }
}
