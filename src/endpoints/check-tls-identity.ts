import { createSecureContext } from "node:tls";
import { TLSError, type TLSIdentity } from "../reactor/tls.ts";
import { failureOf } from "./system-code.ts";

/**
 * Makes sure that a key and a certificate can be used, and belong together.
 *
 * @param who whose they are, such as `a TLS server`
 * @throws {TypeError} when one is missing
 * @throws {TLSError} when they are of no use
 */
export function checkTLSIdentity(who: string, identity: TLSIdentity): void {
  const { key, certificate, passphrase } = identity;
  if (!key) throw new TypeError(`Cannot make ${who} without a key: PEM text is needed`);
  if (!certificate) {
    throw new TypeError(`Cannot make ${who} without a certificate: PEM text is needed`);
  }
  const secret = passphrase === undefined ? {} : { passphrase };
  try {
    createSecureContext({ key, cert: certificate, ...secret });
  } catch (cause) {
    const detail = failureOf(cause);
    throw new TLSError(`Cannot use the key and certificate of ${who}: ${detail}`, { cause });
  }
}
