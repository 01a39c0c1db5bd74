import { lookup } from "node:dns/promises";
import { DNSLookupError } from "../reactor/connect-error.ts";
import { addressFamily } from "../reactor/ip-address.ts";

/**
 * The first address of `host` in the order the system gives them; an IP address is its own.
 *
 * @param target what the address is for, for the message of the error
 * @throws {DNSLookupError} when the name has no address
 */
export async function lookUpHost(host: string, target: string): Promise<string> {
  if (addressFamily(host) !== null) return host;
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "ENOTFOUND";
    throw new DNSLookupError(target, code, { code, cause });
  }
}
