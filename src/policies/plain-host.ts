import { isIPv4, unmapped } from "../reactor/ip-address.ts";
import { ipBytes, ipText } from "./proxy-address-bytes.ts";

/**
 * The one text for an IP address that policies compare, however it was written: the usual form
 * (RFC 5952) without its zone, and of an IPv4-mapped address the IPv4 address.
 */
export function plainHost(host: string): string {
  return isIPv4(host) ? host : unmapped(ipText(ipBytes(host)));
}
