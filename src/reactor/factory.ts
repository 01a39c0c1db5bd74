import type { Address } from "./address.ts";
import type { Protocol } from "./protocol.ts";
import type { ConnectionCallbacks } from "./stream-transport.ts";

/** The protocol of a connection, and what the connection calls: itself, or policies around it. */
export interface ProtocolStack<P extends Protocol> {
  readonly protocol: P;
  readonly outermost: ConnectionCallbacks;
}

/**
 * Makes the protocol of each new connection, and holds what they share. One factory may serve
 * several ports and connects. Subclass it to hold state, or make one from a class or a function.
 *
 * @typeParam P the protocol it makes
 */
export class Factory<P extends Protocol = Protocol> {
  readonly #build: ((peer: Address) => P | null) | undefined;
  #users = 0;

  /** @param build makes a protocol, or returns null to refuse the connection */
  constructor(build?: (peer: Address) => P | null) {
    this.#build = build;
  }

  /** A factory that makes a new `protocolClass()` for each connection. */
  static forProtocol<P extends Protocol>(protocolClass: new () => P): Factory<P> {
    return new Factory(() => new protocolClass());
  }

  /**
   * Whether a connection with `peer` may have a place here: asked by the reactor as soon as there
   * is a socket, before TLS and before there is a protocol. False has it reset, and nothing else
   * called. Override it to refuse by address, or to count; what it throws refuses that connection
   * and is logged.
   *
   * A factory around another one asks itself and then the other one, and gives its own place back
   * when that refuses.
   *
   * @param peer an object of this connection alone; `buildStack` and `dismiss` get the same one
   */
  admit(_peer: Address): boolean {
    return true;
  }

  /**
   * Gives back the place of a connection that was admitted: its handshake failed, it was refused a
   * protocol, or it has ended, after `connectionLost`. Called once for each `admit` that returned
   * true.
   */
  dismiss(_peer: Address): void {}

  /**
   * The protocol for a connection with `peer`; null refuses it: it is closed and nothing is called.
   * Override this one.
   */
  buildProtocol(peer: Address): P | null {
    if (this.#build === undefined) throw new TypeError("buildProtocol is not overridden");
    return this.#build(peer);
  }

  /**
   * The protocol for a connection with `peer`, which was admitted, and whatever is around it; null
   * refuses it. Called by the reactor, and by factories that put a policy around the protocols of
   * this one.
   */
  buildStack(peer: Address): ProtocolStack<P> | null {
    const protocol = this.buildProtocol(peer);
    return protocol === null ? null : { protocol, outermost: protocol };
  }

  /** Called once, before the first of its ports or connects starts. */
  startFactory(): void {}

  /** Called once, after the last of its ports and connects has ended. */
  stopFactory(): void {}

  /** A port or a connect begins to use this factory. Called by reactors and wrapping factories. */
  doStart(): void {
    if (this.#users === 0) this.startFactory();
    this.#users++;
  }

  /** The reverse of `doStart`. */
  doStop(): void {
    if (this.#users === 0) return;
    this.#users--;
    if (this.#users === 0) this.stopFactory();
  }
}
