import { lookup } from "node:dns/promises";
import { addressFamily } from "../reactor/ip-address.ts";
import { DNSLookupError } from "../reactor/connect-error.ts";
import { failureOf, systemCodeOf } from "./system-code.ts";

/**
 * Finds the IP addresses of a name, the one to try first at the front. No address is an empty list,
 * or an error.
 */
export type HostnameResolver = (host: string) => Promise<readonly string[]>;

/** Asks the system, as every program does: hosts file, DNS, and what else it is set up with. */
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
    throw new DNSLookupError(target, failureOf(cause), { code: systemCodeOf(cause), cause });
  });
  const addresses = [...new Set(found)].filter((each) => addressFamily(each) !== null);
  if (addresses.length > 0) return addresses;
  throw new DNSLookupError(target, `${host} has no address`);
}
