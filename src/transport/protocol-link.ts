import { classNameOf } from "../reactor/class-name.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { Logger } from "../reactor/logger.ts";
import type { ConnectionCallbacks, StreamTransport } from "../reactor/stream-transport.ts";
import type { TLSInfo } from "../reactor/tls.ts";

/** The callbacks that a protocol may lack. */
type OptionalCallback =
  | "readConnectionLost"
  | "writeConnectionLost"
  | "pauseWriting"
  | "resumeWriting"
  | "draining"
  | "tlsStarted";

/** Whoever ends a connection whose protocol failed. */
export interface ProtocolLinkOwner {
  protocolFailed(error: unknown): void;
}

/**
 * The one place where a connection calls its protocol: whatever a callback throws, or rejects with
 * later, is caught here and goes to the owner.
 */
export class ProtocolLink {
  readonly #owner: ProtocolLinkOwner;
  readonly #logger: Logger;
  #protocol: ConnectionCallbacks | null = null;

  constructor(owner: ProtocolLinkOwner, logger: Logger) {
    this.#owner = owner;
    this.#logger = logger;
  }

  /** The protocol that is called now; null until there is one. */
  get protocol(): ConnectionCallbacks | null {
    return this.#protocol;
  }

  /** What messages call the protocol. */
  get protocolName(): string {
    return classNameOf(this.#protocol?.innermost ?? this.#protocol);
  }

  has(callback: OptionalCallback): boolean {
    return this.#protocol?.[callback] !== undefined;
  }

  /** From now on calls `protocol`, beginning with `connectionMade`. */
  make(protocol: ConnectionCallbacks, transport: StreamTransport): void {
    this.#protocol = protocol;
    try {
      this.#watch(protocol.makeConnection(transport));
    } catch (error) {
      this.#owner.protocolFailed(error);
    }
  }

  dataReceived(data: Buffer): void {
    try {
      const result: unknown = this.#protocol?.dataReceived(data);
      if (result !== undefined) this.#watch(result);
    } catch (error) {
      this.#owner.protocolFailed(error);
    }
  }

  handshakeCompleted(info: TLSInfo): void {
    try {
      this.#watch(this.#protocol?.handshakeCompleted?.(info));
    } catch (error) {
      this.#owner.protocolFailed(error);
    }
  }

  /** Calls an optional callback, where the protocol has it. */
  tell(callback: OptionalCallback): void {
    try {
      this.#watch(this.#protocol?.[callback]?.());
    } catch (error) {
      this.#owner.protocolFailed(error);
    }
  }

  /** Nothing is left to end any more, so an error is only logged. */
  connectionLost(reason: CloseReason): void {
    try {
      const result: unknown = this.#protocol?.connectionLost(reason);
      if (result instanceof Promise) result.catch((error) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  /** A promise that a callback returned is not waited for; its rejection counts as a throw. */
  #watch(result: unknown): void {
    if (result instanceof Promise) {
      result.catch((error: unknown) => this.#owner.protocolFailed(error));
    }
  }

  #report(error: unknown): void {
    this.#logger.error(`connectionLost of ${this.protocolName} failed`, error);
  }
}
