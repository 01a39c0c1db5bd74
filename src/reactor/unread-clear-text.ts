import { TLSError } from "./tls.ts";

/** The `code` of the error, by which a trick of the peer is told from a fault of ours. */
const UNREAD_CLEAR_TEXT = "ERR_TLS_UNREAD_CLEAR_TEXT";

/**
 * What ends a connection that is to be secured while bytes that came in clear wait to be read:
 * they would count as said inside of TLS, and whoever could write into the clear text may have put
 * them behind the request for it. RFC 3207 section 6 has the attack on SMTP.
 */
export function unreadClearText(byteCount: number): TLSError {
  return new TLSError(`cannot start TLS: ${byteCount} bytes that came in clear were not read`, {
    code: UNREAD_CLEAR_TEXT,
  });
}

/** Whether `error` is one that `unreadClearText` made. */
export function isUnreadClearText(error: Error): error is TLSError {
  return error instanceof TLSError && error.code === UNREAD_CLEAR_TEXT;
}
