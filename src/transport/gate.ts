import type { Clock, DelayedCall } from "../reactor/clock.ts";
import { type CloseReason, ConnectionClosedError } from "../reactor/close-reason.ts";
import { TLSError } from "../reactor/tls.ts";
import type { PreparedTLS } from "./tls-maker.ts";

/** The connection that is secured. */
export interface GateOwner {
  /** It cannot be, and ends. */
  handshakeFailed(error: TLSError): void;
}

/**
 * What a connection has while it is being secured, before it has a protocol or in its middle: how,
 * for how long at most, and who waits for the outcome.
 */
export class Gate {
  readonly tls: PreparedTLS;
  readonly #outcome = Promise.withResolvers<void>();
  readonly #deadline: DelayedCall;

  constructor(tls: PreparedTLS, clock: Clock, owner: GateOwner) {
    const { handshakeTimeoutMs } = tls;
    this.tls = tls;
    this.#deadline = clock.callLater(handshakeTimeoutMs, () =>
      owner.handshakeFailed(
        new TLSError(`the TLS handshake took more than ${handshakeTimeoutMs} ms`),
      ),
    );
    // Nobody has to await the outcome: the connection reports its end by itself.
    this.#outcome.promise.catch(() => undefined);
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
    const isFault = reason.kind === "lost" && reason.cause instanceof TLSError;
    this.#outcome.reject(isFault ? reason.cause : new ConnectionClosedError(reason));
  }
}

/** What ends a handshake, said of whatever `fault` did; without one the peer has just left. */
export function handshakeError(fault: Error | null): TLSError {
  if (fault instanceof TLSError) return fault;
  if (fault === null) return new TLSError("the peer ended the connection in the TLS handshake");
  const code = "code" in fault && typeof fault.code === "string" ? fault.code : undefined;
  return new TLSError(`the TLS handshake failed: ${fault.message}`, { code, cause: fault });
}
