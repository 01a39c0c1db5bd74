import type { Address } from "../reactor/address.ts";
import { isIPv4 } from "../reactor/ip-address.ts";
import { plainHost } from "./plain-host.ts";

/** The groups of an IPv6 address. */
const GROUPS = 8;

/** How many of them name a customer's network, by custom a /64. */
const NETWORK_GROUPS = 4;

/**
 * What counts as one peer: an IPv4 address, mapped or not; the /64 network of an IPv6 address,
 * because one host may choose among all addresses of its network; all of this host's own sockets.
 */
export function peerKey(peer: Address): string {
  if (peer.kind === "unix") return "unix";
  const host = plainHost(peer.host);
  return isIPv4(host) ? host : networkOf(host);
}

/** The first groups of an IPv6 address in its usual form. */
function networkOf(host: string): string {
  const [before = "", after] = host.split("::");
  const left = before === "" ? [] : before.split(":");
  const right = after === undefined || after === "" ? [] : after.split(":");
  const zeros = new Array<string>(GROUPS - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right].slice(0, NETWORK_GROUPS).join(":");
}
