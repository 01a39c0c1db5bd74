import type { StreamTransport } from "../reactor/stream-transport.ts";

/** What transports show of their end besides the contract. */
interface EndingTransport extends StreamTransport {
  readonly disconnecting?: boolean;
  readonly aborted?: boolean;
  readonly state?: string;
}

/**
 * Whether nothing is to be delivered any more, since `loseConnection` or `abortConnection` was
 * called or the connection has ended. Receivers ask it between two frames of one chunk.
 */
export function isDisconnecting(transport: EndingTransport): boolean {
  const { state } = transport;
  if (state === "open") return false;
  if (state === undefined) return transport.disconnecting === true || transport.aborted === true;
  return (
    state === "closing" || state === "lingering" || state === "closed" || state === "disconnected"
  );
}
