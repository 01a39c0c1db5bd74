/**
 * What can be done with, and asked of, a descriptor that is a socket.
 *
 * Every function throws `SystemCallError` when the system refuses (`EBADF` for a closed descriptor,
 * `ENOTSOCK` for one that is no socket), and `Error` when libc cannot be loaded.
 */
import { errorName } from "./error-name.ts";
import { type Libc, requireLibc } from "./libc.ts";
import {
  scratchAddress,
  scratchIntegers,
  scratchLength,
  scratchLengthAddress,
} from "./scratch-memory.ts";
import { decodeSocketName, MAX_ADDRESS_BYTES, type SocketName } from "./socket-address.ts";
import * as linux from "./socket-constants.ts";
import { type SystemCall, SystemCallError } from "./system-call-error.ts";

/** What kind of socket a descriptor is. */
export interface SocketKind {
  readonly domain: "IPv4" | "IPv6" | "unix" | "other";
  readonly type: "stream" | "datagram" | "other";
  /** Whether listen(2) was called on it. */
  readonly listening: boolean;
}

const DOMAINS: Readonly<Record<number, SocketKind["domain"]>> = {
  [linux.AF_INET]: "IPv4",
  [linux.AF_INET6]: "IPv6",
  [linux.AF_UNIX]: "unix",
};

const TYPES: Readonly<Record<number, SocketKind["type"]>> = {
  [linux.SOCK_STREAM]: "stream",
  [linux.SOCK_DGRAM]: "datagram",
};

/** What kind of socket `fd` is, for checking one that somebody else opened. */
export function socketDomainAndType(fd: number): SocketKind {
  const libc = requireLibc("ask what kind of socket a descriptor is");
  return {
    domain: DOMAINS[readSocketInteger(libc, fd, linux.SO_DOMAIN)] ?? "other",
    type: TYPES[readSocketInteger(libc, fd, linux.SO_TYPE)] ?? "other",
    listening: readSocketInteger(libc, fd, linux.SO_ACCEPTCONN) !== 0,
  };
}

/**
 * The error that waits at the socket, such as `ECONNREFUSED` after a connect that failed, or null.
 * Reading it takes it away.
 */
export function socketError(fd: number): string | null {
  const libc = requireLibc("read the error of a socket");
  const errno = readSocketInteger(libc, fd, linux.SO_ERROR);
  return errno === 0 ? null : errorName(errno);
}

/** Our own end of the socket. An unbound one has the wildcard address and port 0. */
export function socketName(fd: number): SocketName {
  return endName(fd, "getsockname");
}

/** The other end of a connected socket; `ENOTCONN` when it is not connected. */
export function peerName(fd: number): SocketName {
  return endName(fd, "getpeername");
}

/** A second descriptor, closed on exec, of the same socket. Both have to be closed. */
export function duplicate(fd: number): number {
  const libc = requireLibc("duplicate a descriptor");
  const copy = libc.fcntl(fd, linux.F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw failure(libc, "fcntl", fd);
  return copy;
}

/**
 * Sets how many connections may wait to be accepted; the socket may be listening already.
 *
 * @param backlog the system cuts it at `net.core.somaxconn`
 */
export function setBacklog(fd: number, backlog: number): void {
  const libc = requireLibc("set a backlog");
  if (libc.listen(fd, backlog) < 0) throw failure(libc, "listen", fd);
}

/** Closes a descriptor that nothing else owns. */
export function closeDescriptor(fd: number): void {
  const libc = requireLibc("close a descriptor");
  if (libc.close(fd) === 0) return;
  const error = failure(libc, "close", fd);
  // Linux has closed it when it says EINTR; trying again could close somebody else's.
  if (error.code !== "EINTR") throw error;
}

function endName(fd: number, call: "getsockname" | "getpeername"): SocketName {
  const libc = requireLibc(call);
  scratchLength[0] = MAX_ADDRESS_BYTES;
  if (libc[call](fd, scratchAddress, scratchLengthAddress) < 0) throw failure(libc, call, fd);
  const name = decodeSocketName(libc, scratchLength[0]);
  if (name === null) throw new SystemCallError(call, "EAFNOSUPPORT", `descriptor ${fd}`);
  return name;
}

function readSocketInteger(libc: Libc, fd: number, number: number): number {
  scratchLength[0] = 4;
  if (libc.getsockopt(fd, linux.SOL_SOCKET, number, scratchAddress, scratchLengthAddress) < 0) {
    throw failure(libc, "getsockopt", fd);
  }
  return scratchIntegers[0] ?? 0;
}

function failure(libc: Libc, call: SystemCall, fd: number): SystemCallError {
  return new SystemCallError(call, errorName(libc.errno()), `descriptor ${fd}`);
}
