/**
 * What a reactor does to a UDP socket through libc that is not an option people set by name.
 *
 * Every function throws `SocketOptionError` when libc cannot be loaded, the socket is closed (fd
 * -1) or the system refuses; ask `libcOrNull()` first where doing without is fine.
 */
import { SocketOptionError } from "../reactor/socket-option.ts";
import { readInteger, readRaw, writeInteger } from "./raw-socket-option.ts";
import { scratchView } from "./scratch-memory.ts";
import * as linux from "./socket-constants.ts";

/** `SO_MEMINFO` is nine numbers (linux/sock_diag.h); the last is the count of drops. */
const MEMORY_INFO_BYTES = 36;
const MEMORY_INFO_DROPS_OFFSET = 32;

/**
 * Stops the system from queueing the ICMP errors of earlier datagrams. Otherwise an error about one
 * destination fails the next send, to whatever destination that is. For unconnected sockets.
 */
export function disableReceiveErrors(fd: number): void {
  writeInteger(fd, "IP_RECVERR", linux.SOL_IP, linux.IP_RECVERR, 0);
  if (isIPv6(fd)) writeInteger(fd, "IPV6_RECVERR", linux.SOL_IPV6, linux.IPV6_RECVERR, 0);
}

/**
 * Limits a socket on a wildcard address to the multicast groups it has joined itself; otherwise it
 * also gets those that any other socket of the host has joined.
 */
export function isolateMulticast(fd: number): void {
  writeInteger(fd, "IP_MULTICAST_ALL", linux.SOL_IP, linux.IP_MULTICAST_ALL, 0);
  if (isIPv6(fd)) {
    writeInteger(fd, "IPV6_MULTICAST_ALL", linux.SOL_IPV6, linux.IPV6_MULTICAST_ALL, 0);
  }
}

/**
 * Sets the receive buffer, above the system's limit (`net.core.rmem_max`) where we are allowed to,
 * otherwise up to it.
 *
 * @param bytes 1 to 2147483647
 * @returns the size the system reports, which is twice what it took
 */
export function forceReceiveBuffer(fd: number, bytes: number): number {
  return forceBuffer(fd, "SO_RCVBUF", linux.SO_RCVBUFFORCE, linux.SO_RCVBUF, bytes);
}

/** The same for the send buffer (`net.core.wmem_max`). */
export function forceSendBuffer(fd: number, bytes: number): number {
  return forceBuffer(fd, "SO_SNDBUF", linux.SO_SNDBUFFORCE, linux.SO_SNDBUF, bytes);
}

/**
 * How many datagrams the system has thrown away since the socket was opened, because the receive
 * buffer was full or a drop filter was attached; 32 bits, so it starts again at 0 after 4294967295.
 */
export function socketDrops(fd: number): number {
  const length = readRaw(fd, "SO_MEMINFO", linux.SOL_SOCKET, linux.SO_MEMINFO, MEMORY_INFO_BYTES);
  if (length < MEMORY_INFO_BYTES) {
    throw new SocketOptionError("SO_MEMINFO", `it has ${length} bytes and no count of drops`);
  }
  return scratchView.getUint32(MEMORY_INFO_DROPS_OFFSET, true);
}

function forceBuffer(
  fd: number,
  name: string,
  forced: number,
  limited: number,
  bytes: number,
): number {
  try {
    writeInteger(fd, name, linux.SOL_SOCKET, forced, bytes);
  } catch (error) {
    // Without CAP_NET_ADMIN only the limited option is ours.
    if (!(error instanceof SocketOptionError) || error.code !== "EPERM") throw error;
    writeInteger(fd, name, linux.SOL_SOCKET, limited, bytes);
  }
  return readInteger(fd, name, linux.SOL_SOCKET, limited);
}

function isIPv6(fd: number): boolean {
  return readInteger(fd, "SO_DOMAIN", linux.SOL_SOCKET, linux.SO_DOMAIN) === linux.AF_INET6;
}
