import type { Address } from "../reactor/address.ts";
import { asError } from "../reactor/as-error.ts";
import type { Clock, DelayedCall } from "../reactor/clock.ts";
import { TLSError, type TLSInfo } from "../reactor/tls.ts";
import type { StreamDriver, StreamEvents } from "./stream-driver.ts";
import type { PreparedTLS } from "./tls-maker.ts";

/** Whoever waits for a handshake. One of the two is called, once, unless it is given up first. */
export interface HandshakeOwner {
  /** The owner attaches a listener to the driver, or closes it, at once. */
  handshakeSucceeded(handshake: Handshake, driver: StreamDriver, info: TLSInfo): void;
  /** The driver is closed. */
  handshakeFailed(handshake: Handshake, error: TLSError): void;
}

/** The handshake of a connection that is secured from its first byte, before it has a protocol. */
export class Handshake implements StreamEvents {
  readonly #driver: StreamDriver;
  readonly #owner: HandshakeOwner;
  #state: "waiting" | "settled" = "waiting";
  #fault: Error | undefined;
  #deadline: DelayedCall | null = null;

  constructor(driver: StreamDriver, owner: HandshakeOwner) {
    this.#driver = driver;
    this.#owner = owner;
  }

  get peer(): Address {
    return this.#driver.peer;
  }

  /** Starts it; apart from the constructor, because it may fail inside this call. */
  begin(tls: PreparedTLS, clock: Clock): void {
    const { handshakeTimeoutMs } = tls;
    this.#driver.attach(this);
    this.#deadline = clock.callLater(handshakeTimeoutMs, () =>
      this.#fail(new TLSError(`the TLS handshake took more than ${handshakeTimeoutMs} ms`)),
    );
    try {
      this.#driver.startTLS(tls);
    } catch (error) {
      this.#fail(handshakeError(asError(error)));
    }
  }

  /** Ends it, and the connection, without another word to the owner. */
  giveUp(): void {
    this.#settle();
    this.#driver.terminate();
  }

  handshakeCompleted(info: TLSInfo): void {
    if (this.#state === "settled") return;
    this.#settle();
    this.#owner.handshakeSucceeded(this, this.#driver, info);
  }

  failed(error: Error): void {
    this.#fault ??= error;
  }

  closed(error?: Error): void {
    this.#fail(handshakeError(this.#fault ?? error));
  }

  // The handshake itself reads and writes below these; nothing of it is ours.

  received(): void {}

  writable(): void {}

  readEnded(): void {
    this.#fail(handshakeError(this.#fault));
  }

  #fail(error: TLSError): void {
    if (this.#state === "settled") return;
    this.giveUp();
    this.#owner.handshakeFailed(this, error);
  }

  #settle(): void {
    this.#state = "settled";
    this.#deadline?.[Symbol.dispose]();
  }
}

function handshakeError(fault: Error | undefined): TLSError {
  if (fault instanceof TLSError) return fault;
  if (fault === undefined)
    return new TLSError("the peer ended the connection in the TLS handshake");
  return new TLSError(`the TLS handshake failed: ${fault.message}`, { cause: fault });
}
