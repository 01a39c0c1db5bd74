import type { Clock, DelayedCall } from "../reactor/clock.ts";
import { type CloseReason, ConnectionClosedError } from "../reactor/close-reason.ts";
import { TLSError } from "../reactor/tls.ts";
import type { PreparedTLS } from "./tls-maker.ts";

/** The connection that is secured. */
export interface TLSUpgradeOwner {
  /** It cannot be, and ends. */
  upgradeFailed(error: TLSError): void;
}

/**
 * What a connection knows of the change to TLS in its middle, from `startTLS` to the end of the
 * handshake: how, how long, and who waits for the outcome.
 */
export class TLSUpgrade {
  readonly tls: PreparedTLS;
  readonly #outcome = Promise.withResolvers<void>();
  readonly #deadline: DelayedCall;

  constructor(tls: PreparedTLS, clock: Clock, owner: TLSUpgradeOwner) {
    const { handshakeTimeoutMs } = tls;
    this.tls = tls;
    this.#deadline = clock.callLater(handshakeTimeoutMs, () =>
      owner.upgradeFailed(
        new TLSError(`the TLS handshake took more than ${handshakeTimeoutMs} ms`),
      ),
    );
  }

  /** Settles with the handshake. */
  get outcome(): Promise<void> {
    return this.#outcome.promise;
  }

  completed(): void {
    this.#deadline[Symbol.dispose]();
    this.#outcome.resolve();
  }

  /** The connection has ended first. */
  ended(reason: CloseReason): void {
    this.#deadline[Symbol.dispose]();
    // Nobody has to await the outcome: the connection reports its end by itself.
    this.#outcome.promise.catch(() => undefined);
    const isFault = reason.kind === "lost" && reason.cause instanceof TLSError;
    this.#outcome.reject(isFault ? reason.cause : new ConnectionClosedError(reason));
  }
}
