import type { Address } from "../reactor/address.ts";
import type { Factory, ProtocolStack } from "../reactor/factory.ts";
import type { PortStats } from "../reactor/listening-port.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { StreamOptions } from "../reactor/stream-transport.ts";
import type { TLSInfo } from "../reactor/tls.ts";
import { ConnectionSet } from "./connection-set.ts";
import { admits, dismiss } from "./factory-use.ts";
import { Handshake, type HandshakeOwner } from "./handshake.ts";
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
export class Admission implements ConnectionAcceptor, ConnectionOwner, HandshakeOwner {
  readonly connections = new ConnectionSet();
  /** What secures the connections that come from now on; null where they stay in clear. */
  tls: PreparedTLS | null;
  readonly #factory: Factory;
  readonly #context: TransportContext;
  readonly #options: AdmissionOptions;
  readonly #owner: AdmissionOwner;
  readonly #handshakes = new Set<Handshake>();
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
    return this.#handshakes.size > 0;
  }

  accepted(driver: StreamDriver): void {
    if (!this.#hasRoom || !admits(this.#factory, driver.peer, this.#context.logger)) {
      this.#refused++;
      driver.terminate();
    } else if (this.tls === null) {
      this.#serve(driver, null);
    } else {
      const handshake = new Handshake(driver, this);
      this.#handshakes.add(handshake);
      handshake.begin(this.tls, this.#context.clock);
    }
  }

  turnedAway(): void {
    this.#refused++;
  }

  handshakeSucceeded(handshake: Handshake, driver: StreamDriver, info: TLSInfo): void {
    this.#handshakes.delete(handshake);
    this.#serve(driver, info);
    this.#owner.connectionLeft();
  }

  handshakeFailed(handshake: Handshake): void {
    this.#handshakes.delete(handshake);
    this.#failedHandshakes++;
    this.#dismiss(handshake.peer);
  }

  connectionEnded(connection: StreamConnection): void {
    this.connections.connectionEnded(connection);
    this.#dismiss(connection.getPeer());
  }

  /** Ends what has no protocol yet. */
  giveUpHandshakes(): void {
    for (const handshake of this.#handshakes) {
      this.#handshakes.delete(handshake);
      handshake.giveUp();
      this.#dismiss(handshake.peer);
    }
  }

  get #hasRoom(): boolean {
    const { maxConnections = Number.POSITIVE_INFINITY } = this.#options;
    return this.connections.all.size + this.#handshakes.size < maxConnections;
  }

  #serve(driver: StreamDriver, info: TLSInfo | null): void {
    const stack = this.#buildStack(driver.peer);
    if (stack === null) {
      driver.close();
      this.#dismiss(driver.peer);
      return;
    }
    this.#accepted++;
    const connection = new StreamConnection(driver, this.#context, this, this.#options);
    this.connections.add(connection);
    driver.attach(connection);
    connection.start(stack.outermost, info);
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
