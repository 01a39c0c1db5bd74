/** Where datagrams go, as the system means it. */
import { InternetAddress } from "../reactor/address.ts";
import type { DatagramDestination } from "../reactor/datagram-transport.ts";
import { MAPPED_PREFIX, unmapped } from "../reactor/ip-address.ts";

/** What the system takes a destination without an address for. */
const LOOPBACK: ReadonlyMap<string, string> = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);

/**
 * `address` as the address of a UDP peer; a mapped IPv4 address is one of IPv4.
 *
 * @throws {InvalidAddressError} for a name or a bad port
 */
export function unmappedDestination(address: DatagramDestination): InternetAddress {
  const to =
    address instanceof InternetAddress
      ? address
      : new InternetAddress("udp", address.host, address.port);
  return to.host.startsWith(MAPPED_PREFIX) ? withHost(to, unmapped(to.host)) : to;
}

/**
 * The peer that a socket has once it is connected to `address`, by which it knows what comes from
 * there: a wildcard stands for this host.
 */
export function connectedPeer(address: InternetAddress): InternetAddress {
  return withHost(address, LOOPBACK.get(address.host) ?? address.host);
}

function withHost(address: InternetAddress, host: string): InternetAddress {
  if (address.kind === "udp" && address.host === host) return address;
  return new InternetAddress("udp", host, address.port);
}
