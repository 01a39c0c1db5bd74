import { TLSError } from "../reactor/tls.ts";
import type { TLSMaker } from "../transport/tls-maker.ts";

/** What is said wherever a test asks for TLS in memory: there are no keys and ciphers here. */
export function noTLS(): TLSError {
  return new TLSError("There is no TLS in memory: test it over BunReactor");
}

/** Refuses TLS. What a protocol does before and after it can be tested without. */
export const NO_TLS: TLSMaker = {
  prepare() {
    throw noTLS();
  },
};
