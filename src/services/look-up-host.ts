import { addressesOf, resolveHostname } from "../reactor/resolve-hostname.ts";

/**
 * The first address of `host` in the order the system gives them; an IP address is its own.
 *
 * @param target what the address is for, for the message of the error
 * @throws {DNSLookupError} when the name has no address
 */
export async function lookUpHost(host: string, target: string): Promise<string> {
  const [address = host] = await addressesOf(host, target, resolveHostname);
  return address;
}
