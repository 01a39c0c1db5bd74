import type { Address } from "../reactor/address.ts";
import { type CloseReason, ConnectionClosedError } from "../reactor/close-reason.ts";
import { ConnectError, ConnectingCancelledError, NoProtocol } from "../reactor/connect-error.ts";
import { Factory, type ProtocolStack } from "../reactor/factory.ts";
import { Protocol } from "../reactor/protocol.ts";
import { type StartTLSOptions, TLSError, type TLSInfo } from "../reactor/tls.ts";
import { failureOf } from "./system-code.ts";

/** Whoever waits for a connection to be secured. Told of one outcome; later ones are ignored. */
interface TLSGateOwner<P extends Protocol> {
  resolve(protocol: P): void;
  reject(error: unknown): void;
}

/**
 * Has every connection secured before there is a protocol of `factory` for it, which is then like
 * one of a connection that was secured from its first byte.
 */
export class TLSGateFactory<P extends Protocol> extends Factory<TLSGate<P>> {
  readonly #factory: Factory<P>;
  readonly #options: () => StartTLSOptions;
  readonly #owner: TLSGateOwner<P> | null;

  /**
   * @param options asked once for each connection
   * @param owner told of the outcome, where there is only one connection
   */
  constructor(
    factory: Factory<P>,
    options: () => StartTLSOptions,
    owner: TLSGateOwner<P> | null = null,
  ) {
    super();
    this.#factory = factory;
    this.#options = options;
    this.#owner = owner;
  }

  override admit(peer: Address): boolean {
    return this.#factory.admit(peer);
  }

  override dismiss(peer: Address): void {
    this.#factory.dismiss(peer);
  }

  override buildProtocol(peer: Address): TLSGate<P> {
    return new TLSGate(peer, this.#factory, this.#options(), this.#owner);
  }

  override doStart(): void {
    this.#factory.doStart();
  }

  override doStop(): void {
    this.#factory.doStop();
  }
}

/** The protocol of a connection until it is secured. */
class TLSGate<P extends Protocol> extends Protocol {
  readonly #peer: Address;
  readonly #factory: Factory<P>;
  readonly #options: StartTLSOptions;
  readonly #owner: TLSGateOwner<P> | null;

  constructor(
    peer: Address,
    factory: Factory<P>,
    options: StartTLSOptions,
    owner: TLSGateOwner<P> | null,
  ) {
    super();
    this.#peer = peer;
    this.#factory = factory;
    this.#options = options;
    this.#owner = owner;
  }

  override connectionMade(): void {
    this.transport.startTLS(this.#options).catch((error: unknown) => {
      this.#fail(error);
      // Options that cannot be used leave the connection open.
      this.transport.abortConnection();
    });
  }

  /** Hands the connection over; not while the port or the reactor stops. */
  override handshakeCompleted(info: TLSInfo): unknown {
    if (this.transport.disconnecting) return undefined;
    const stack = this.#buildStack(this.#peer);
    if (stack === null) {
      this.transport.loseConnection();
      return undefined;
    }
    // Those who wait go on only after this, when `connectionMade` has run.
    this.#owner?.resolve(stack.protocol);
    this.transport.switchProtocol(stack.outermost);
    return stack.outermost.handshakeCompleted?.(info);
  }

  /** A connection without a protocol has nothing to finish. */
  override draining(): void {
    this.transport.abortConnection();
  }

  /** Gives up waiting, and ends the connection. */
  cancel(reason: unknown): void {
    const address = this.transport.getPeer().toString();
    this.#fail(new ConnectingCancelledError(address, "cancelled", { cause: reason }));
    this.transport.abortConnection();
  }

  /** It has ended before it was handed over. */
  override connectionLost(reason: CloseReason): void {
    this.#fail(reason.kind === "lost" ? reason.cause : new ConnectionClosedError(reason));
  }

  /** What the factory throws is logged by the connection, which then ends. */
  #buildStack(peer: Address): ProtocolStack<P> | null {
    try {
      const stack = this.#factory.buildStack(peer);
      if (stack === null) {
        this.#fail(new NoProtocol(peer.toString(), "buildProtocol returned null"));
      }
      return stack;
    } catch (cause) {
      const detail = `buildProtocol failed: ${failureOf(cause)}`;
      this.#fail(new NoProtocol(peer.toString(), detail, { cause }));
      throw cause;
    }
  }

  #fail(error: unknown): void {
    this.#owner?.reject(connectErrorOf(this.transport.getPeer(), error));
  }
}

/**
 * What goes wrong in a handshake is a failure to connect; mistakes of the caller stay as they are.
 */
function connectErrorOf(peer: Address, error: unknown): unknown {
  const address = peer.toString();
  if (error instanceof ConnectError) return error;
  if (error instanceof TLSError) {
    return new ConnectError(address, error.message, { code: error.code, cause: error });
  }
  if (error instanceof ConnectionClosedError) {
    return new ConnectError(address, error.message, { cause: error });
  }
  return error;
}
