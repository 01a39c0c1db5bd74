/** Where datagrams go, as the system means it. */
import { InternetAddress } from "../reactor/address.ts";
import type { DatagramDestination } from "../reactor/datagram-transport.ts";
import { InvalidAddressError } from "../reactor/invalid-address-error.ts";
import { MAPPED_PREFIX, unmapped } from "../reactor/ip-address.ts";

/** What the system takes a destination without an address for. */
const LOOPBACK: ReadonlyMap<string, string> = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);

/**
 * `address` as a destination of a socket at `host`, which may be dual stack. A mapped IPv4 address
 * is one of IPv4.
 *
 * @throws {InvalidAddressError} for a name, a bad port, or an address that cannot be sent to
 */
export function destinationFrom(
  host: InternetAddress,
  address: DatagramDestination,
): InternetAddress {
  const to = unmappedDestination(address);
  if (to.port === 0) throw new InvalidAddressError(`Cannot send to ${to}: port 0 is no port`);
  if (to.family === host.family || (host.host === "::" && to.family === "IPv4")) return to;
  throw new InvalidAddressError(
    `Cannot send to ${to} from ${host.host}: not an ${host.family} address`,
  );
}

/**
 * `address` as the address of a UDP peer.
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
