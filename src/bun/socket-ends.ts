/**
 * The ends of Bun's sockets as addresses.
 */
import { libcOrNull } from "../native/libc.ts";
import { peerName, socketName } from "../native/socket-descriptor.ts";
import { SystemCallError } from "../native/system-call-error.ts";
import { type Address, InternetAddress, UNIXAddress } from "../reactor/address.ts";
import { lacksZone, unmapped } from "../reactor/ip-address.ts";
import type { BunSocket } from "./bun-socket.ts";

/** The two ends of an accepted socket; null for one that was reset before it was accepted. */
export type EndsOf = (
  socket: BunSocket,
) => { readonly peer: Address; readonly host: Address } | null;

/** The two ends of a TCP connection. */
interface TCPEnds {
  readonly peer: InternetAddress;
  readonly host: InternetAddress;
}

/** Where the local end of a TCP connection is, when the system will not say. */
const UNKNOWN_HOST = new InternetAddress("tcp", "0.0.0.0", 0);

/** What Bun says of the ends of a socket: it asks the system for each part anew. */
type SocketEnds = Pick<BunSocket, "remoteAddress" | "localAddress" | "fd"> & {
  readonly remotePort?: number | undefined;
  readonly localPort?: number | undefined;
};

/** The two ends of a TCP socket; null when it is no longer connected. */
export function tcpEndsOf(socket: SocketEnds): TCPEnds | null {
  const { remoteAddress, remotePort } = socket;
  // A reset between the two questions leaves an address without a port.
  if (remoteAddress === undefined || remotePort === undefined) return null;
  // Bun leaves out the zone, without which a link-local address leads nowhere.
  if (lacksZone(remoteAddress) && libcOrNull() !== null) return endsByName(socket.fd);
  const host = tcpHostOf(socket);
  if (host === null) return null;
  return { peer: new InternetAddress("tcp", unmapped(remoteAddress), remotePort), host };
}

/** Our own end of a TCP socket that was connected. */
export function ourTCPEnd(socket: SocketEnds): Address {
  return tcpHostOf(socket) ?? UNKNOWN_HOST;
}

/** The ends of a UNIX connection that has come in at `host`; each peer is one of its own. */
export function unixEndsAt(host: UNIXAddress): EndsOf {
  return () => ({ peer: new UNIXAddress(""), host });
}

function tcpHostOf({ fd, localAddress, localPort }: SocketEnds): InternetAddress | null {
  if (localAddress === undefined || localPort === undefined) return null;
  if (lacksZone(localAddress) && libcOrNull() !== null) return internetAddressOf(fd);
  return new InternetAddress("tcp", unmapped(localAddress), localPort);
}

function endsByName(fd: number): TCPEnds | null {
  try {
    const [peer, host] = [peerName(fd), socketName(fd)];
    if (peer.family === "unix" || host.family === "unix") return null;
    return {
      peer: new InternetAddress("tcp", peer.host, peer.port),
      host: new InternetAddress("tcp", host.host, host.port),
    };
  } catch (error) {
    // Reset since Bun looked.
    if (error instanceof SystemCallError && error.code === "ENOTCONN") return null;
    throw error;
  }
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

/**
 * The path or abstract name that an adopted UNIX socket is bound to; empty for one that has none.
 *
 * @throws {TypeError} when it is not a UNIX socket
 */
export function unixAddressOf(fd: number): UNIXAddress {
  const name = socketName(fd);
  if (name.family !== "unix") throw new TypeError(`Descriptor ${fd} is a TCP socket, not UNIX`);
  return new UNIXAddress(name.path);
}
