import type { CloseReason } from "../reactor/close-reason.ts";
import { STDERR_LOGGER } from "../reactor/logger.ts";
import type { ConnectionCallbacks, StreamTransport } from "../reactor/stream-transport.ts";

/**
 * Ends a connection with `error` as the cause, as if a callback of `protocol` had thrown it. For
 * errors that come up outside of the transport's own calls: it logs the error, and `protocol` gets
 * `connectionLost` in the usual way.
 */
export function failConnection(
  protocol: ConnectionCallbacks,
  transport: StreamTransport,
  error: unknown,
): void {
  let told = false;
  // The one thing that a transport lets a protocol do to be told of an error: throw it at the start.
  const failing = {
    constructor: protocol.constructor,
    makeConnection(): void {
      told = true;
      throw error;
    },
    dataReceived(): void {},
    connectionLost(reason: CloseReason): void {
      return protocol.connectionLost(reason);
    },
  };
  transport.switchProtocol(failing);
  if (told) return;
  STDERR_LOGGER.error(`${protocol.constructor.name} failed after its connection ended`, error);
}
