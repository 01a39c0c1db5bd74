import { SystemCallError } from "../native/system-call-error.ts";
import type { Address } from "../reactor/address.ts";
import type { DelayedCall } from "../reactor/clock.ts";
import {
  ConnectBindError,
  ConnectError,
  connectErrorFor,
  ConnectingCancelledError,
  NoProtocol,
  TimeoutError,
} from "../reactor/connect-error.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectOptions } from "../reactor/reactor.ts";
import type { ConnectionSet } from "../transport/connection-set.ts";
import {
  type ConnectionOwner,
  StreamConnection,
  type StreamContext,
} from "../transport/stream-connection.ts";
import type { BunConnectWhere, BunSocket } from "./bun-socket.ts";
import { BunStreamDriver } from "./bun-stream-driver.ts";
import { ConnectAttempt, type ConnectAttemptOwner } from "./connect-attempt.ts";
import { messageOf, systemCodeOf } from "./system-error.ts";

/** How long connecting may take unless told; Twisted's value, well below the kernel's 2 minutes. */
const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;

/** One address to try. */
export interface ConnectCandidate {
  readonly address: Address;
  /** What to hand to Bun; throws where the system refuses at once. */
  begin(): BunConnectWhere;
  /** Our own end of the connected socket. */
  hostOf(socket: BunSocket): Address;
}

/** What a reactor that stops does to a connect under way. */
export interface Cancellable {
  cancel(): void;
}

/**
 * One connect, from the first look-up to the protocol: tries the candidates in turn, within one
 * timeout, until one connects. It then owns the connection's place in the reactor's books.
 */
export class StreamConnector<P extends Protocol>
  implements ConnectAttemptOwner, ConnectionOwner, Cancellable
{
  readonly #description: string;
  readonly #factory: Factory<P>;
  readonly #context: StreamContext;
  readonly #connections: ConnectionSet;
  readonly #options: ConnectOptions;
  readonly #registry: Set<Cancellable>;
  readonly #outcome = Promise.withResolvers<P>();
  readonly #cancel = () => this.cancel();
  #state: "connecting" | "settled" = "connecting";
  #candidates: readonly ConnectCandidate[] = [];
  #nextCandidate = 0;
  #attempt: ConnectAttempt | null = null;
  #deadline: DelayedCall | null = null;

  /**
   * @param description what is connected to, for messages about no address in particular
   * @param registry holds the connector as long as it is connecting
   */
  constructor(
    description: string,
    factory: Factory<P>,
    context: StreamContext,
    connections: ConnectionSet,
    options: ConnectOptions,
    registry: Set<Cancellable>,
  ) {
    this.#description = description;
    this.#factory = factory;
    this.#context = context;
    this.#connections = connections;
    this.#options = options;
    this.#registry = registry;
  }

  /**
   * Connects to one of the candidates that `find` gives. Resolves with the protocol after its
   * `connectionMade`, rejects with a `ConnectError`.
   */
  connect(find: () => Promise<readonly ConnectCandidate[]>): Promise<P> {
    const { timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, signal } = this.#options;
    if (signal?.aborted) return Promise.reject(this.#cancelled());
    this.#factory.doStart();
    this.#registry.add(this);
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

  attemptSucceeded(socket: BunSocket): void {
    const candidate = this.#candidates[this.#nextCandidate - 1];
    if (candidate === undefined) throw new Error("Connected to no candidate");
    this.#settle();
    const protocol = this.#buildProtocol(candidate.address);
    if (protocol === null) {
      socket.close();
      return;
    }
    const driver = new BunStreamDriver(socket, candidate.address, candidate.hostOf(socket));
    const connection = new StreamConnection(driver, this.#context, this, this.#options);
    this.#connections.add(connection);
    socket.data = connection;
    connection.start(protocol);
    this.#outcome.resolve(protocol);
  }

  attemptFailed(error: unknown): void {
    this.#tryNext(this.#errorFor(this.#target, error));
  }

  connectionEnded(connection: StreamConnection): void {
    this.#connections.connectionEnded(connection);
    this.#factory.doStop();
  }

  /** The address that is being tried, or else what was asked for. */
  get #target(): string {
    return this.#candidates[this.#nextCandidate - 1]?.address.toString() ?? this.#description;
  }

  #tryNext(failure: ConnectError | null): void {
    if (this.#state === "settled") return;
    const candidate = this.#candidates[this.#nextCandidate];
    if (candidate === undefined) {
      this.#giveUp(failure ?? connectErrorFor(this.#description, "ENOTFOUND"));
      return;
    }
    this.#nextCandidate++;
    try {
      this.#attempt = new ConnectAttempt(candidate.begin(), this);
    } catch (error) {
      this.#tryNext(this.#errorFor(candidate.address.toString(), error));
    }
  }

  #buildProtocol(peer: Address): P | null {
    try {
      const protocol = this.#factory.buildProtocol(peer);
      if (protocol !== null) return protocol;
      this.#reject(new NoProtocol(peer.toString(), "buildProtocol returned null"));
    } catch (error) {
      this.#context.logger.error(`buildProtocol for ${peer} failed`, error);
      const detail = `buildProtocol failed: ${messageOf(error)}`;
      this.#reject(new NoProtocol(peer.toString(), detail, { cause: error }));
    }
    return null;
  }

  #errorFor(address: string, cause: unknown): ConnectError {
    const { code } = systemCodeOf(cause);
    if (cause instanceof SystemCallError && cause.phase === "bind") {
      return new ConnectBindError(address, cause.message, { code, cause });
    }
    if (code !== undefined) return connectErrorFor(address, code, cause);
    return new ConnectError(address, messageOf(cause), { cause });
  }

  #cancelled(): ConnectError {
    const cause: unknown = this.#options.signal?.reason;
    return new ConnectingCancelledError(this.#target, "cancelled", { cause });
  }

  #giveUp(error: ConnectError): void {
    if (this.#state === "settled") return;
    this.#settle();
    this.#attempt?.giveUp();
    this.#reject(error);
  }

  #reject(error: ConnectError): void {
    this.#factory.doStop();
    this.#outcome.reject(error);
  }

  #settle(): void {
    this.#state = "settled";
    this.#registry.delete(this);
    this.#deadline?.[Symbol.dispose]();
    this.#options.signal?.removeEventListener("abort", this.#cancel);
  }
}
