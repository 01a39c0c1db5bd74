/**
 * Why a connection could not be made. `connectTCP` and `connectUNIX` reject with one of these; the
 * message names the address, `code` and `cause` are the system's where there was one.
 */

/** Any failure to connect; the classes below say which. */
export class ConnectError extends Error {
  override readonly name: string = "ConnectError";
  /** The system's name for the failure, such as `ECONNREFUSED`; undefined where it gave none. */
  readonly code: string | undefined;
  /** Where the connection was to go, as in the message. */
  readonly address: string;

  /**
   * @param address where the connection was to go
   * @param detail what failed, to follow the address in the message
   */
  constructor(address: string, detail: string, options: ConnectErrorOptions = {}) {
    super(`Cannot connect to ${address}: ${detail}`, { cause: options.cause });
    this.address = address;
    this.code = options.code;
  }
}

/** What the system said of a failed connect. */
interface ConnectErrorOptions {
  readonly code?: string | undefined;
  readonly cause?: unknown;
}

/** The peer refused: nothing listens there (ECONNREFUSED). */
export class ConnectionRefusedError extends ConnectError {
  override readonly name = "ConnectionRefusedError";
}

/** No answer came in time, by our own timeout or by the kernel's (ETIMEDOUT). */
export class TimeoutError extends ConnectError {
  override readonly name = "TimeoutError";
}

/** The name has no address, or could not be looked up. */
export class DNSLookupError extends ConnectError {
  override readonly name = "DNSLookupError";
}

/** There is no way to the address (ENETUNREACH, EHOSTUNREACH). */
export class NoRouteError extends ConnectError {
  override readonly name = "NoRouteError";
}

/** The local address asked for with `bindAddress` cannot be used. */
export class ConnectBindError extends ConnectError {
  override readonly name = "ConnectBindError";
}

/** The attempt was cancelled through its signal; `cause` is the signal's reason. */
export class ConnectingCancelledError extends ConnectError {
  override readonly name = "ConnectingCancelledError";
}

/** `buildProtocol` returned null, so the connection was closed again and nothing was called. */
export class NoProtocol extends ConnectError {
  override readonly name = "NoProtocol";
}

type ConnectErrorClass = new (
  address: string,
  detail: string,
  options?: ConnectErrorOptions,
) => ConnectError;

const CLASS_OF_CODE: Readonly<Record<string, ConnectErrorClass>> = {
  ECONNREFUSED: ConnectionRefusedError,
  ETIMEDOUT: TimeoutError,
  ENETUNREACH: NoRouteError,
  EHOSTUNREACH: NoRouteError,
  ENOTFOUND: DNSLookupError,
  EAI_AGAIN: DNSLookupError,
};

/** The class that fits the system's `code`, made with it; `ConnectError` itself where none does. */
export function connectErrorFor(address: string, code: string, cause?: unknown): ConnectError {
  const errorClass = CLASS_OF_CODE[code] ?? ConnectError;
  return new errorClass(address, code, { code, cause });
}
