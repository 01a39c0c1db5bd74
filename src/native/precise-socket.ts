/**
 * Sockets opened by the system calls themselves, where Bun's own way cannot say enough: which local
 * address to connect from, why connecting failed, how exactly to bind. Bun then adopts them.
 *
 * `startConnect(address, bindAddress?)` and `bindUDP(address, options?)` both give `{ fd }`: a
 * non-blocking descriptor, closed on exec, that the caller has to close or hand over.
 */
import { errorName } from "./error-name.ts";
import { type Libc, requireLibc } from "./libc.ts";
import { scratchAddress, scratchIntegers } from "./scratch-memory.ts";
import { encodeSocketName, type InternetSocketName, type SocketName } from "./socket-address.ts";
import * as linux from "./socket-constants.ts";
import { closeDescriptor } from "./socket-descriptor.ts";
import { type SystemCall, SystemCallError } from "./system-call-error.ts";

/** A socket that is open and the caller's. */
interface OpenSocket {
  readonly fd: number;
}

/** How to bind a UDP socket; every option is off unless told. */
interface BindUDPOptions {
  /** SO_REUSEPORT: several sockets of one user share the port, the kernel spreads datagrams. */
  readonly reusePort?: boolean;
  /** SO_REUSEADDR: several sockets share the port; multicast goes to all of them. */
  readonly reuseAddress?: boolean;
  /** IPV6_V6ONLY: `::` takes no IPv4. */
  readonly ipv6Only?: boolean;
}

const DOMAINS: Readonly<Record<SocketName["family"], number>> = {
  IPv4: linux.AF_INET,
  IPv6: linux.AF_INET6,
  unix: linux.AF_UNIX,
};

/**
 * Starts connecting a stream socket, without waiting for the outcome: once the socket is writable,
 * `socketError(fd)` says why it failed, or nothing.
 *
 * @param address where to; an IP address, not a name
 * @param bindAddress where from; the system chooses the port when it is 0
 * @throws {SystemCallError} when it failed at once; `phase` is `"socket"`, `"bind"` or `"connect"`,
 *   and nothing is left open
 * @throws {InvalidAddressError} when an address is malformed
 * @throws {Error} when libc cannot be loaded
 */
export function startConnect(address: SocketName, bindAddress?: InternetSocketName): OpenSocket {
  const libc = requireLibc("connect a socket");
  const fd = openSocket(libc, address, linux.SOCK_STREAM);
  try {
    if (bindAddress !== undefined) {
      // The port is then chosen by connect, when the peer is known, so more of them are free. It is
      // no matter when an old kernel does not know the option.
      if (bindAddress.port === 0) setOption(libc, fd, linux.SOL_IP, linux.IP_BIND_ADDRESS_NO_PORT);
      bindTo(libc, fd, bindAddress);
    }
    connectTo(libc, fd, address);
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
  return { fd };
}

/**
 * Opens a UDP socket and binds it.
 *
 * @throws {SystemCallError} when the system refuses; `phase` is `"socket"`, `"setsockopt"` or
 *   `"bind"`, and nothing is left open
 * @throws {InvalidAddressError} when the address is malformed
 * @throws {Error} when libc cannot be loaded
 */
export function bindUDP(address: InternetSocketName, options: BindUDPOptions = {}): OpenSocket {
  const libc = requireLibc("bind a socket");
  const fd = openSocket(libc, address, linux.SOCK_DGRAM);
  try {
    if (options.reusePort) switchOn(libc, fd, address, linux.SOL_SOCKET, linux.SO_REUSEPORT);
    if (options.reuseAddress) switchOn(libc, fd, address, linux.SOL_SOCKET, linux.SO_REUSEADDR);
    if (options.ipv6Only) switchOn(libc, fd, address, linux.SOL_IPV6, linux.IPV6_V6ONLY);
    bindTo(libc, fd, address);
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
  return { fd };
}

function openSocket(libc: Libc, address: SocketName, type: number): number {
  const domain = DOMAINS[address.family];
  const fd = libc.socket(domain, type | linux.SOCK_NONBLOCK | linux.SOCK_CLOEXEC, 0);
  if (fd < 0) throw failure(libc, "socket", address);
  return fd;
}

function bindTo(libc: Libc, fd: number, address: InternetSocketName): void {
  const length = encodeSocketName(libc, address);
  if (libc.bind(fd, scratchAddress, length) < 0) throw failure(libc, "bind", address);
}

/**
 * Binds an open UDP socket to one peer: it receives from no other, and hears of its refusals.
 *
 * @throws {SystemCallError} when the system refuses
 * @throws {Error} when libc cannot be loaded
 */
export function connectDatagrams(fd: number, address: InternetSocketName): void {
  const libc = requireLibc("connect a UDP socket");
  connectTo(libc, fd, address);
}

function connectTo(libc: Libc, fd: number, address: SocketName): void {
  const length = encodeSocketName(libc, address);
  if (libc.connect(fd, scratchAddress, length) === 0) return;
  const error = failure(libc, "connect", address);
  // A connect that was interrupted goes on by itself (connect(2)).
  if (error.code !== "EINPROGRESS" && error.code !== "EINTR") throw error;
}

function setOption(libc: Libc, fd: number, level: number, number: number): boolean {
  scratchIntegers[0] = 1;
  return libc.setsockopt(fd, level, number, scratchAddress, 4) === 0;
}

function switchOn(
  libc: Libc,
  fd: number,
  address: SocketName,
  level: number,
  number: number,
): void {
  if (!setOption(libc, fd, level, number)) throw failure(libc, "setsockopt", address);
}

function failure(libc: Libc, call: SystemCall, address: SocketName): SystemCallError {
  const code = errorName(libc.errno());
  return new SystemCallError(call, code, shown(address));
}

function shown(address: SocketName): string {
  if (address.family === "unix") return JSON.stringify(address.path);
  const { family, host, port } = address;
  return family === "IPv6" ? `[${host}]:${port}` : `${host}:${port}`;
}
