import { MessageLengthError } from "../reactor/message-length-error.ts";
import { outgoingBytes } from "../reactor/outgoing-bytes.ts";

/** 65,535 less the headers of UDP and IPv4; the kernel takes no more. */
const MAX_DATAGRAM_BYTES = 65_507;

/**
 * The bytes of one datagram that a protocol wrote.
 *
 * @throws {MessageLengthError} when they are too many
 * @throws {TypeError} when `data` has no bytes
 */
export function checkedDatagram(data: Uint8Array | string): Uint8Array {
  const bytes = outgoingBytes(data);
  if (bytes.length <= MAX_DATAGRAM_BYTES) return bytes;
  throw new MessageLengthError("a datagram", bytes.length, MAX_DATAGRAM_BYTES);
}
