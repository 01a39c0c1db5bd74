/**
 * Every socket option and its value on a fresh socket of each kind, as this system has it.
 */
import {
  SocketOptionError,
  type SocketOptionName,
  type SocketOptionValue,
} from "../reactor/socket-option.ts";
import { type Libc, requireLibc } from "./libc.ts";
import { errorName } from "./error-name.ts";
import { AF_INET, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_STREAM } from "./socket-constants.ts";
import { closeDescriptor } from "./socket-descriptor.ts";
import { levelName, SOCKET_OPTION_NAMES, SOCKET_OPTIONS } from "./socket-option-table.ts";
import { getSocketOption } from "./socket-options.ts";
import { SystemCallError } from "./system-call-error.ts";

/** What the fresh sockets are called in reasons. */
const TCP = "a TCP socket";
const UDP = "a UDP socket";

/** The value of an option, or why there is none. */
export type SocketOptionReading =
  | { readonly value: SocketOptionValue<SocketOptionName>; readonly unsupported: null }
  | { readonly value: null; readonly unsupported: string };

/** One option, and what it is on a fresh TCP and a fresh UDP socket. */
export interface SocketOptionDescription {
  readonly name: SocketOptionName;
  /** The option's level in C, such as `SOL_SOCKET`. */
  readonly level: string;
  readonly stream: SocketOptionReading;
  readonly datagram: SocketOptionReading;
}

/**
 * Describes every option, by opening a TCP and a UDP socket and closing them again.
 *
 * @throws {SystemCallError} when a socket cannot be opened
 * @throws {Error} when libc cannot be loaded
 */
export function describeSocketOptions(): SocketOptionDescription[] {
  const libc = requireLibc("describe socket options");
  const stream = openFresh(libc, SOCK_STREAM, TCP);
  try {
    const datagram = openFresh(libc, SOCK_DGRAM, UDP);
    try {
      return SOCKET_OPTION_NAMES.map((name) => ({
        name,
        level: levelName(SOCKET_OPTIONS[name]),
        stream: readFresh(stream, name, TCP),
        datagram: readFresh(datagram, name, UDP),
      }));
    } finally {
      closeDescriptor(datagram);
    }
  } finally {
    closeDescriptor(stream);
  }
}

function openFresh(libc: Libc, type: number, what: string): number {
  const fd = libc.socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new SystemCallError("socket", errorName(libc.errno()), what);
  return fd;
}

function readFresh(fd: number, name: SocketOptionName, what: string): SocketOptionReading {
  const definition = SOCKET_OPTIONS[name];
  if (definition.kind === "refused") return unsupported(definition.reason);
  try {
    return { value: getSocketOption(fd, name), unsupported: null };
  } catch (error) {
    if (!(error instanceof SocketOptionError)) throw error;
    return unsupported(reasonOf(error, what));
  }
}

function reasonOf(error: SocketOptionError, what: string): string {
  // How the system says that an option belongs to another kind of socket.
  const foreign = error.code === "EOPNOTSUPP" || error.code === "ENOPROTOOPT";
  return foreign ? `not an option of ${what} here (${error.code})` : error.message;
}

function unsupported(reason: string): SocketOptionReading {
  return { value: null, unsupported: reason };
}
