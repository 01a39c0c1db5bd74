import type { Clock, DelayedCall } from "../reactor/clock.ts";
import { type CloseReason, ConnectionClosedError } from "../reactor/close-reason.ts";
import { TLSError } from "../reactor/tls.ts";
import type { ReceiveSide } from "./receive-side.ts";
import type { SendSide } from "./send-side.ts";
import type { StreamDriver } from "./stream-driver.ts";
import type { PreparedTLS } from "./tls-maker.ts";

/** Whoever ends a connection whose handshake takes too long. */
export interface TLSUpgradeOwner {
  upgradeTimedOut(error: TLSError): void;
}

/**
 * The change to TLS in the middle of a connection. What was written before it leaves in clear,
 * then the handshake runs, and only after it leaves what was written meanwhile.
 */
export class TLSUpgrade {
  readonly #driver: StreamDriver;
  readonly #sending: SendSide;
  readonly #receiving: ReceiveSide;
  readonly #tls: PreparedTLS;
  readonly #outcome = Promise.withResolvers<void>();
  #deadline: DelayedCall | null = null;

  constructor(driver: StreamDriver, sending: SendSide, receiving: ReceiveSide, tls: PreparedTLS) {
    this.#driver = driver;
    this.#sending = sending;
    this.#receiving = receiving;
    this.#tls = tls;
  }

  /** Settles with the handshake. */
  get outcome(): Promise<void> {
    return this.#outcome.promise;
  }

  /** Flushes what is to leave in clear; `cleared` follows, perhaps at once. */
  begin(clock: Clock, owner: TLSUpgradeOwner): void {
    const { handshakeTimeoutMs } = this.#tls;
    this.#deadline = clock.callLater(handshakeTimeoutMs, () =>
      owner.upgradeTimedOut(
        new TLSError(`the TLS handshake took more than ${handshakeTimeoutMs} ms`),
      ),
    );
    // What the peer sends from now on is meant for TLS, not for the protocol.
    this.#receiving.holdForTLS();
    this.#sending.holdAfterWaiting();
  }

  /** All that is to leave in clear has left. */
  cleared(): void {
    this.#receiving.letHandshakeRead();
    this.#driver.startTLS(this.#tls);
  }

  completed(): void {
    this.#deadline?.[Symbol.dispose]();
    this.#receiving.releaseForTLS();
    this.#sending.releaseHold();
    this.#outcome.resolve();
  }

  /** The connection has ended first. */
  ended(reason: CloseReason): void {
    this.#deadline?.[Symbol.dispose]();
    // Nobody has to await the outcome: the connection reports its end by itself.
    this.#outcome.promise.catch(() => undefined);
    this.#outcome.reject(reason.kind === "lost" ? reason.cause : new ConnectionClosedError(reason));
  }
}
