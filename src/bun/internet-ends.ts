import { socketName } from "../native/socket-descriptor.ts";
import { InternetAddress } from "../reactor/address.ts";
import { unmapped } from "../reactor/ip-address.ts";
import type { BunSocket } from "./bun-socket.ts";

/** The two ends of a TCP socket; null when it is no longer connected. */
export function tcpEndsOf(
  socket: BunSocket,
): { readonly peer: InternetAddress; readonly host: InternetAddress } | null {
  const { remoteAddress, localAddress } = socket;
  if (remoteAddress === undefined || localAddress === undefined) return null;
  return {
    peer: new InternetAddress("tcp", unmapped(remoteAddress), socket.remotePort),
    host: new InternetAddress("tcp", unmapped(localAddress), socket.localPort),
  };
}

/**
 * The address an adopted TCP socket is bound to.
 *
 * @throws {TypeError} when it is not a socket of IPv4 or IPv6
 */
export function internetAddressOf(fd: number): InternetAddress {
  const name = socketName(fd);
  if (name.family === "unix") throw new TypeError(`Descriptor ${fd} is a UNIX socket, not TCP`);
  return new InternetAddress("tcp", unmapped(name.host), name.port);
}
