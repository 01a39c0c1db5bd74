/**
 * Socket options by the names of socket(7), ip(7) and tcp(7), and the types of their values.
 * Which of them a system has is for the reactor to find out.
 */

/** Options that are on or off. */
type SwitchOptionName =
  | "SO_REUSEADDR"
  | "SO_REUSEPORT"
  | "SO_KEEPALIVE"
  | "SO_BROADCAST"
  | "SO_DONTROUTE"
  | "SO_OOBINLINE"
  | "TCP_NODELAY";

/** Options that are a number: bytes, seconds, milliseconds or a code, as the system defines it. */
type NumberOptionName =
  | "SO_RCVBUF"
  | "SO_SNDBUF"
  | "TCP_MAXSEG"
  | "TCP_KEEPIDLE"
  | "TCP_KEEPINTVL"
  | "TCP_KEEPCNT"
  | "TCP_USER_TIMEOUT"
  | "IP_TOS"
  | "IP_TTL";

/** Options that are a name. */
type TextOptionName = "SO_BINDTODEVICE" | "TCP_CONGESTION";

/** Every option that can be named; SO_RCVTIMEO and SO_SNDTIMEO are named to be refused. */
export type SocketOptionName =
  | SwitchOptionName
  | NumberOptionName
  | TextOptionName
  | "SO_LINGER"
  | "TCP_INFO"
  | "SO_RCVTIMEO"
  | "SO_SNDTIMEO";

/** SO_LINGER: whether close waits, and for how many seconds. */
export interface Linger {
  readonly on: boolean;
  readonly seconds: number;
}

/** The part of Linux' `struct tcp_info` that people look at; times in microseconds. */
export interface TCPInfo {
  readonly state: number;
  readonly retransmits: number;
  readonly sendMss: number;
  readonly receiveMss: number;
  readonly unacked: number;
  readonly lost: number;
  readonly retrans: number;
  readonly pathMtu: number;
  readonly rttUs: number;
  readonly rttVarUs: number;
  readonly sendCongestionWindow: number;
  readonly totalRetrans: number;
}

/** The type of the value of each option. */
export type SocketOptionValue<N extends SocketOptionName> = N extends SwitchOptionName
  ? boolean
  : N extends NumberOptionName
    ? number
    : N extends TextOptionName
      ? string
      : N extends "SO_LINGER"
        ? Linger
        : N extends "TCP_INFO"
          ? TCPInfo
          : never;

/** A socket option could not be read or set; the message says which, and why. */
export class SocketOptionError extends Error {
  override readonly name = "SocketOptionError";
  readonly option: string;
  /** The system's name for the failure, such as `EPERM`; undefined where it was never asked. */
  readonly code: string | undefined;

  constructor(option: string, detail: string, options: { code?: string; cause?: unknown } = {}) {
    super(`Socket option ${option}: ${detail}`, { cause: options.cause });
    this.option = option;
    this.code = options.code;
  }
}
