/**
 * Every socket option there is a name for: its level and number on Linux, and the kind and range of
 * its value.
 */
import type { SocketOptionName } from "../reactor/socket-option.ts";
import * as linux from "./socket-constants.ts";

interface Numbered {
  readonly level: number;
  readonly number: number;
}

/** On or off. */
interface SwitchOption extends Numbered {
  readonly kind: "switch";
}

/** A whole number from `min` to `max`. */
export interface NumberOption extends Numbered {
  readonly kind: "number";
  readonly min: number;
  readonly max: number;
  /** The option of the same meaning on an IPv6 socket, where that is another one. */
  readonly ipv6?: Numbered;
}

/** A name of at most `maxBytes` bytes. */
export interface TextOption extends Numbered {
  readonly kind: "text";
  readonly minBytes: number;
  readonly maxBytes: number;
}

/** SO_LINGER and TCP_INFO, which have a form of their own. */
interface StructureOption extends Numbered {
  readonly kind: "linger" | "tcpInfo";
}

/** An option that is named only to say why it cannot be had. */
interface RefusedOption extends Numbered {
  readonly kind: "refused";
  readonly reason: string;
}

export type SocketOptionDefinition =
  SwitchOption | NumberOption | TextOption | StructureOption | RefusedOption;

/** The largest C `int`; sizes and times that the system limits itself. */
const MAX_INTEGER = 0x7fff_ffff;

/** Linux keeps the keepalive times below this many seconds and probes (MAX_TCP_KEEPIDLE etc.). */
const MAX_KEEPALIVE_SECONDS = 32_767;
const MAX_KEEPALIVE_PROBES = 127;

/** Linux' TCP_MIN_MSS and MAX_TCP_WINDOW. */
const MIN_SEGMENT_BYTES = 88;
const MAX_SEGMENT_BYTES = 32_767;

/** IFNAMSIZ and TCP_CA_NAME_MAX are both 16, with the NUL at the end. */
const MAX_NAME_BYTES = 15;

const BLOCKING_ONLY =
  "it limits blocking calls only, and the reactor's sockets never block; " +
  "use a timeout of the reactor instead";

/** The definition of every option, in the order in which they are shown. */
export const SOCKET_OPTIONS: Readonly<Record<SocketOptionName, SocketOptionDefinition>> = {
  SO_REUSEADDR: onOff(linux.SOL_SOCKET, linux.SO_REUSEADDR),
  SO_REUSEPORT: onOff(linux.SOL_SOCKET, linux.SO_REUSEPORT),
  SO_KEEPALIVE: onOff(linux.SOL_SOCKET, linux.SO_KEEPALIVE),
  SO_BROADCAST: onOff(linux.SOL_SOCKET, linux.SO_BROADCAST),
  SO_DONTROUTE: onOff(linux.SOL_SOCKET, linux.SO_DONTROUTE),
  SO_OOBINLINE: onOff(linux.SOL_SOCKET, linux.SO_OOBINLINE),
  SO_BINDTODEVICE: name(linux.SOL_SOCKET, linux.SO_BINDTODEVICE, 0),
  SO_RCVBUF: range(linux.SOL_SOCKET, linux.SO_RCVBUF, 1, MAX_INTEGER),
  SO_SNDBUF: range(linux.SOL_SOCKET, linux.SO_SNDBUF, 1, MAX_INTEGER),
  SO_LINGER: { kind: "linger", level: linux.SOL_SOCKET, number: linux.SO_LINGER },
  SO_RCVTIMEO: refused(linux.SOL_SOCKET, linux.SO_RCVTIMEO, BLOCKING_ONLY),
  SO_SNDTIMEO: refused(linux.SOL_SOCKET, linux.SO_SNDTIMEO, BLOCKING_ONLY),
  TCP_NODELAY: onOff(linux.SOL_TCP, linux.TCP_NODELAY),
  TCP_MAXSEG: range(linux.SOL_TCP, linux.TCP_MAXSEG, MIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES),
  TCP_CONGESTION: name(linux.SOL_TCP, linux.TCP_CONGESTION, 1),
  TCP_KEEPIDLE: range(linux.SOL_TCP, linux.TCP_KEEPIDLE, 1, MAX_KEEPALIVE_SECONDS),
  TCP_KEEPINTVL: range(linux.SOL_TCP, linux.TCP_KEEPINTVL, 1, MAX_KEEPALIVE_SECONDS),
  TCP_KEEPCNT: range(linux.SOL_TCP, linux.TCP_KEEPCNT, 1, MAX_KEEPALIVE_PROBES),
  TCP_USER_TIMEOUT: range(linux.SOL_TCP, linux.TCP_USER_TIMEOUT, 0, MAX_INTEGER),
  TCP_INFO: { kind: "tcpInfo", level: linux.SOL_TCP, number: linux.TCP_INFO },
  IP_TOS: {
    ...range(linux.SOL_IP, linux.IP_TOS, 0, 255),
    ipv6: { level: linux.SOL_IPV6, number: linux.IPV6_TCLASS },
  },
  IP_TTL: {
    ...range(linux.SOL_IP, linux.IP_TTL, 1, 255),
    ipv6: { level: linux.SOL_IPV6, number: linux.IPV6_UNICAST_HOPS },
  },
};

/** The names of all options, in the order in which they are shown. */
export const SOCKET_OPTION_NAMES = Object.keys(SOCKET_OPTIONS) as readonly SocketOptionName[];

const LEVEL_NAMES: Readonly<Record<number, string>> = {
  [linux.SOL_SOCKET]: "SOL_SOCKET",
  [linux.SOL_TCP]: "IPPROTO_TCP",
  [linux.SOL_IP]: "IPPROTO_IP",
};

/** The name of an option's level in C, such as `SOL_SOCKET`. */
export function levelName(definition: SocketOptionDefinition): string {
  return LEVEL_NAMES[definition.level] ?? String(definition.level);
}

/**
 * The definition of an option.
 *
 * @throws {TypeError} when there is none of this name
 */
export function socketOptionDefinition(optionName: string): SocketOptionDefinition {
  if (Object.hasOwn(SOCKET_OPTIONS, optionName)) {
    return SOCKET_OPTIONS[optionName as SocketOptionName];
  }
  const known = SOCKET_OPTION_NAMES.join(", ");
  throw new TypeError(`Unknown socket option ${JSON.stringify(optionName)}: expected ${known}`);
}

function onOff(level: number, number: number): SwitchOption {
  return { kind: "switch", level, number };
}

function range(level: number, number: number, min: number, max: number): NumberOption {
  return { kind: "number", level, number, min, max };
}

function name(level: number, number: number, minBytes: number): TextOption {
  return { kind: "text", level, number, minBytes, maxBytes: MAX_NAME_BYTES };
}

function refused(level: number, number: number, reason: string): RefusedOption {
  return { kind: "refused", level, number, reason };
}
