/**
 * IP addresses in text form: what is one, and which text is the usual one for it.
 *
 * The forms are those of RFC 4291 (with RFC 4007 zone) for IPv6 and of strict dotted decimal for
 * IPv4: four numbers, nothing shortened, nothing around it.
 */
import { isIPv4, isIPv6 } from "node:net";

export { isIPv4, isIPv6 };

/** The two internet address families, by the names node gives them. */
export type AddressFamily = "IPv4" | "IPv6";

const MAPPED_PREFIX = "::ffff:";

/** The family of an IP address in text form, or null when `host` is not an IP address. */
export function addressFamily(host: string): AddressFamily | null {
  if (isIPv4(host)) return "IPv4";
  return isIPv6(host) ? "IPv6" : null;
}

/**
 * The IPv4 address inside an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), or `host` as it
 * is. A dual-stack socket shows its IPv4 peers in the mapped form; users compare the plain one.
 */
export function unmapped(host: string): string {
  if (!host.startsWith(MAPPED_PREFIX)) return host;
  const rest = host.slice(MAPPED_PREFIX.length);
  return isIPv4(rest) ? rest : host;
}
