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

/**
 * The part of a connection that has a protocol: the one place where it calls one. Whatever a
 * callback throws, or rejects with later, is caught here and is the failure of that protocol.
 */
export abstract class ProtocolHost {
  readonly #logger: Logger;
  #protocol: ConnectionCallbacks | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The protocol that is called now; null until there is one. */
  get protocol(): ConnectionCallbacks | null {
    return this.#protocol;
  }

  /** A callback threw, or its promise was rejected. */
  abstract protocolFailed(thrown: unknown): void;

  /** What messages call the protocol. */
  protected get protocolName(): string {
    try {
      return classNameOf(this.#protocol?.innermost ?? this.#protocol);
    } catch {
      return classNameOf(this.#protocol);
    }
  }

  protected has(callback: OptionalCallback): boolean {
    return this.#protocol !== null && this.#protocol[callback] !== undefined;
  }

  /** From now on calls `protocol`, beginning with `connectionMade`. */
  protected make(protocol: ConnectionCallbacks, transport: StreamTransport): void {
    this.#protocol = protocol;
    try {
      this.#watch(protocol.makeConnection(transport));
    } catch (error) {
      this.protocolFailed(error);
    }
  }

  protected tellDataReceived(data: Buffer): void {
    try {
      const result: unknown = this.#protocol?.dataReceived(data);
      if (result !== undefined) this.#watch(result);
    } catch (error) {
      this.protocolFailed(error);
    }
  }

  protected tellHandshakeCompleted(info: TLSInfo): void {
    try {
      this.#watch(this.#protocol?.handshakeCompleted?.(info));
    } catch (error) {
      this.protocolFailed(error);
    }
  }

  /** Calls an optional callback, where the protocol has it. */
  protected tell(callback: OptionalCallback): void {
    try {
      this.#watch(this.#protocol?.[callback]?.());
    } catch (error) {
      this.protocolFailed(error);
    }
  }

  /** Nothing is left to end any more, so an error is only logged. */
  protected tellConnectionLost(reason: CloseReason): void {
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
      result.catch((error: unknown) => this.protocolFailed(error));
    }
  }

  #report(error: unknown): void {
    this.#logger.error(`connectionLost of ${this.protocolName} failed`, error);
  }
}
