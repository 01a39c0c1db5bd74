/**
 * An address that cannot be used as it stands: a name where an IP address is needed, the wrong
 * family for the socket, a port out of range. Thrown at once; nothing was sent or opened.
 */
export class InvalidAddressError extends Error {
  override readonly name = "InvalidAddressError";
}
