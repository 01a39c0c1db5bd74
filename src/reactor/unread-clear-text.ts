import { TLSError } from "./tls.ts";

/**
 * What ends a connection that is to be secured while bytes that came in clear wait to be read:
 * they would count as said inside of TLS, and whoever could write into the clear text may have put
 * them behind the request for it. RFC 3207 section 6 has the attack on SMTP.
 */
export function unreadClearText(byteCount: number): TLSError {
  return new TLSError(`cannot start TLS: ${byteCount} bytes that came in clear were not read`);
}
