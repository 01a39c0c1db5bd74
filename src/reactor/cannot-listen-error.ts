/**
 * Nothing can listen at an address: it is taken, forbidden, not ours, or malformed. `listenTCP`,
 * `listenUNIX` and `listenUDP` reject with it, and nothing is left open.
 */
export class CannotListenError extends Error {
  override readonly name = "CannotListenError";
  /** The system's name for the failure, such as `EADDRINUSE`; undefined where it gave none. */
  readonly code: string | undefined;
  /** What was to be listened on, as in the message. */
  readonly address: string;

  constructor(address: string, detail: string, options: { code?: string; cause?: unknown } = {}) {
    super(`Cannot listen on ${address}: ${detail}`, { cause: options.cause });
    this.address = address;
    this.code = options.code;
  }
}
