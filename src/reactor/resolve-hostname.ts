import { lookup } from "node:dns/promises";
import { asError } from "./as-error.ts";
import { DNSLookupError } from "./connect-error.ts";
import { addressFamily, canonicalHost } from "./ip-address.ts";

/**
 * Finds the IP addresses of a name, the one to try first at the front. No address is an empty list,
 * or an error.
 */
export type HostnameResolver = (host: string) => Promise<readonly string[]>;

/**
 * Asks the system, as every program does: hosts file, DNS, and what else it is set up with. Nothing
 * else waits meanwhile: the runtime asks in a thread of its own.
 */
export async function resolveHostname(host: string): Promise<readonly string[]> {
  // The system's answer for no name at all depends on the system.
  if (host === "") return [];
  const found = await lookup(host, { all: true });
  return found.map((each) => each.address);
}

/**
 * The IP addresses of `host`, each once; of an IP address itself.
 *
 * @param target what is connected to, for messages
 * @throws {DNSLookupError} as a rejection, when there is none
 */
export async function addressesOf(
  host: string,
  target: string,
  resolve: HostnameResolver,
): Promise<readonly string[]> {
  if (addressFamily(host) !== null) return [host];
  const found = await Promise.try(resolve, host).catch((cause: unknown) => {
    throw lookupError(target, cause);
  });
  const addresses = found.filter((each) => addressFamily(each) !== null).map(canonicalHost);
  if (addresses.length > 0) return [...new Set(addresses)];
  throw new DNSLookupError(target, `${host || "an empty name"} has no address`, {
    code: "ENOTFOUND",
  });
}

function lookupError(target: string, cause: unknown): DNSLookupError {
  const error = asError(cause);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return new DNSLookupError(target, code ?? error.message, { code, cause });
}
