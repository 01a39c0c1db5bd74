import type { Address } from "../reactor/address.ts";
import type { Factory, ProtocolStack } from "../reactor/factory.ts";
import type { PortStats } from "../reactor/listening-port.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { StreamOptions } from "../reactor/stream-transport.ts";
import { ConnectionSet } from "./connection-set.ts";
import { admits, dismiss } from "./factory-use.ts";
import type { ConnectionAcceptor } from "./listen-target.ts";
import { type ConnectionOwner, StreamConnection } from "./stream-connection.ts";
import type { StreamDriver } from "./stream-driver.ts";
import type { PreparedTLS } from "./tls-maker.ts";
import type { TransportContext } from "./transport-context.ts";

/** Who is admitted, and how each connection is made. */
interface AdmissionOptions extends StreamOptions {
  readonly maxConnections?: number;
}

/** Whoever holds an admission. */
interface AdmissionOwner {
  /** A handshake or a connection has ended, or failed. */
  connectionLeft(): void;
}

/**
 * The way of a port's connections from the listener to their protocols. Each is admitted by the
 * factory before anything else, TLS included, and dismissed at its end, whatever that is.
 */
export class Admission implements ConnectionAcceptor, ConnectionOwner {
  readonly connections = new ConnectionSet();
  /** What secures the connections that come from now on; null where they stay in clear. */
  tls: PreparedTLS | null;
  readonly #factory: Factory;
  readonly #context: TransportContext;
  readonly #options: AdmissionOptions;
  readonly #owner: AdmissionOwner;
  /** Those that have no protocol yet. */
  readonly #handshaking = new Set<StreamConnection>();
  #accepted = 0;
  #refused = 0;
  #failedHandshakes = 0;

  constructor(
    factory: Factory,
    context: TransportContext,
    options: AdmissionOptions,
    tls: PreparedTLS | null,
    owner: AdmissionOwner,
  ) {
    this.#factory = factory;
    this.#context = context;
    this.#options = options;
    this.tls = tls;
    this.#owner = owner;
  }

  get stats(): PortStats {
    return {
      accepted: this.#accepted,
      refused: this.#refused,
      failedHandshakes: this.#failedHandshakes,
    };
  }

  /** Whether connections are on their way that have no protocol yet. */
  get handshaking(): boolean {
    return this.#handshaking.size > 0;
  }

  accepted(driver: StreamDriver): void {
    if (!this.#hasRoom || !admits(this.#factory, driver.peer, this.#context.logger)) {
      this.#refused++;
      driver.terminate();
      return;
    }
    const connection = new StreamConnection(driver, this.#context, this, this.#options);
    driver.attach(connection);
    if (this.tls === null) return this.#serve(connection);
    this.#handshaking.add(connection);
    connection.secure(this.tls);
  }

  turnedAway(): void {
    this.#refused++;
  }

  connectionSecured(connection: StreamConnection): void {
    if (!this.#handshaking.delete(connection)) return;
    this.#serve(connection);
    this.#owner.connectionLeft();
  }

  connectionEnded(connection: StreamConnection): void {
    if (this.#handshaking.delete(connection)) this.#failedHandshakes++;
    else if (!this.connections.delete(connection)) return;
    this.#dismiss(connection.getPeer());
  }

  /** Ends what has no protocol yet. */
  giveUpHandshakes(): void {
    for (const connection of this.#handshaking) {
      this.#handshaking.delete(connection);
      connection.abortConnection();
      this.#dismiss(connection.getPeer());
    }
  }

  get #hasRoom(): boolean {
    const { maxConnections = Number.POSITIVE_INFINITY } = this.#options;
    return this.connections.all.size + this.#handshaking.size < maxConnections;
  }

  #serve(connection: StreamConnection): void {
    const stack = this.#buildStack(connection.getPeer());
    if (stack === null) {
      connection.refuse();
      this.#dismiss(connection.getPeer());
      return;
    }
    this.#accepted++;
    this.connections.add(connection);
    connection.start(stack.outermost);
  }

  #buildStack(peer: Address): ProtocolStack<Protocol> | null {
    try {
      return this.#factory.buildStack(peer);
    } catch (error) {
      this.#context.logger.error(`buildProtocol for ${peer} failed`, error);
      return null;
    }
  }

  #dismiss(peer: Address): void {
    dismiss(this.#factory, peer, this.#context.logger);
    this.#owner.connectionLeft();
  }
}
