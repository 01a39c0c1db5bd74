import type { Clock, DelayedCall } from "../reactor/clock.ts";
import { type CloseReason, ConnectionClosedError } from "../reactor/close-reason.ts";
import { TLSError } from "../reactor/tls.ts";
import { unreadClearText } from "../reactor/unread-clear-text.ts";
import type { ReceiveSide } from "./receive-side.ts";
import type { SendSide } from "./send-side.ts";
import type { StreamDriver } from "./stream-driver.ts";
import type { PreparedTLS } from "./tls-maker.ts";

/** The connection that is secured. */
export interface TLSUpgradeOwner {
  readonly sending: SendSide;
  readonly receiving: ReceiveSide;
  /** It cannot be, and ends. */
  upgradeFailed(error: TLSError): void;
}

/**
 * The change to TLS in the middle of a connection. What was written before it leaves in clear,
 * then the handshake runs, and only after it leaves what was written meanwhile.
 */
export class TLSUpgrade {
  readonly #driver: StreamDriver;
  readonly #owner: TLSUpgradeOwner;
  readonly #tls: PreparedTLS;
  readonly #outcome = Promise.withResolvers<void>();
  #deadline: DelayedCall | null = null;

  constructor(driver: StreamDriver, owner: TLSUpgradeOwner, tls: PreparedTLS) {
    this.#driver = driver;
    this.#owner = owner;
    this.#tls = tls;
  }

  /** Settles with the handshake. */
  get outcome(): Promise<void> {
    return this.#outcome.promise;
  }

  /** Flushes what is to leave in clear; `cleared` follows, perhaps at once. */
  begin(clock: Clock): void {
    const { handshakeTimeoutMs } = this.#tls;
    this.#deadline = clock.callLater(handshakeTimeoutMs, () =>
      this.#owner.upgradeFailed(
        new TLSError(`the TLS handshake took more than ${handshakeTimeoutMs} ms`),
      ),
    );
    // What the peer sends from now on is meant for TLS, not for the protocol.
    this.#owner.receiving.holdForTLS();
    this.#owner.sending.holdAfterWaiting();
  }

  /** All that is to leave in clear has left. */
  cleared(): void {
    const { keptBytes } = this.#owner.receiving;
    if (keptBytes > 0) return this.#owner.upgradeFailed(unreadClearText(keptBytes));
    this.#owner.receiving.letHandshakeRead();
    this.#driver.startTLS(this.#tls);
  }

  completed(): void {
    this.#deadline?.[Symbol.dispose]();
    this.#owner.receiving.releaseForTLS();
    this.#owner.sending.releaseHold();
    this.#outcome.resolve();
  }

  /** The connection has ended first. */
  ended(reason: CloseReason): void {
    this.#deadline?.[Symbol.dispose]();
    // Nobody has to await the outcome: the connection reports its end by itself.
    this.#outcome.promise.catch(() => undefined);
    const isFault = reason.kind === "lost" && reason.cause instanceof TLSError;
    this.#outcome.reject(isFault ? reason.cause : new ConnectionClosedError(reason));
  }
}
