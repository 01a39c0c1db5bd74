import type { EncodedMessage } from "../framing/codec.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";

/** Writes what a codec made of a message. Returns as `write` of the transport. */
export function writeEncoded(transport: StreamTransport, encoded: EncodedMessage): boolean {
  if (typeof encoded === "string" || encoded instanceof Uint8Array) return transport.write(encoded);
  return transport.writeSequence(encoded);
}
