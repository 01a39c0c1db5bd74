import type { Address } from "../reactor/address.ts";
import { unmapped } from "../reactor/ip-address.ts";

/** How many of the eight groups of an IPv6 address name a customer's network, by custom a /64. */
const NETWORK_GROUPS = 4;

/**
 * What counts as one peer: an IPv4 address, mapped or not; the /64 network of an IPv6 address,
 * because one host may choose among all addresses of its network; all of this host's own sockets.
 */
export function peerKey(peer: Address): string {
  if (peer.kind === "unix") return "unix";
  const host = unmapped(peer.host);
  if (!host.includes(":")) return host;
  return ipv6Groups(host).slice(0, NETWORK_GROUPS).join(":");
}

/** The eight groups, written without leading zeros. */
function ipv6Groups(host: string): string[] {
  const [address = ""] = host.split("%");
  const [before = "", after] = address.split("::");
  const left = before === "" ? [] : before.split(":");
  if (after === undefined) return left.map(shortest);
  const right = after === "" ? [] : after.split(":");
  // A dotted tail stands for two groups, but never reaches the first four.
  const rightCount = right.length + (after.includes(".") ? 1 : 0);
  const zeros = new Array<string>(Math.max(0, 8 - left.length - rightCount)).fill("0");
  return [...left.map(shortest), ...zeros, ...right.map(shortest)];
}

function shortest(group: string): string {
  return group.toLowerCase().replace(/^0+(?=.)/, "");
}
