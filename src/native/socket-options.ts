/**
 * Reading and setting the options of an open socket by name.
 *
 * `getSocketOption(fd, name)` and `setSocketOption(fd, name, value)` are what the transports'
 * methods of the same names call.
 */
import {
  type Linger,
  SocketOptionError,
  type SocketOptionName,
  type SocketOptionValue,
  type TCPInfo,
} from "../reactor/socket-option.ts";
import { checkLinger, checkNumber, checkSwitch, checkText } from "./check-option-value.ts";
import { readInteger, readRaw, writeInteger, writeRaw } from "./raw-socket-option.ts";
import { scratchBytes, scratchIntegers, scratchView } from "./scratch-memory.ts";
import { AF_INET6, SO_DOMAIN, SOL_SOCKET } from "./socket-constants.ts";
import {
  type NumberOption,
  type SocketOptionDefinition,
  socketOptionDefinition,
  type TextOption,
} from "./socket-option-table.ts";
import { decodeTCPInfo, TCP_INFO_BYTES } from "./tcp-info.ts";

const DECODER = new TextDecoder();

/** The size of `struct linger`: two C integers. */
const LINGER_BYTES = 8;

type AnyValue = boolean | number | string | Linger | TCPInfo;

/**
 * The value of an option of an open socket, as the system reports it: Linux gives twice the
 * SO_RCVBUF and SO_SNDBUF that were set, because it counts its own bookkeeping.
 *
 * On an IPv6 socket IP_TOS and IP_TTL are the traffic class and the hop limit.
 *
 * @param fd -1 for a closed socket
 * @throws {SocketOptionError} when the socket is closed, the system refuses or has no such option,
 *   the option is refused by us, or libc cannot be loaded
 * @throws {TypeError} when there is no option of this name
 */
export function getSocketOption<N extends SocketOptionName>(
  fd: number,
  name: N,
): SocketOptionValue<N> {
  return readOption(fd, name, socketOptionDefinition(name)) as SocketOptionValue<N>;
}

/**
 * Sets an option of an open socket.
 *
 * On an IPv6 socket IP_TOS and IP_TTL set the traffic class and the hop limit, and those of the
 * IPv4 packets it may send as well. Of the IP_TOS of a stream, the system keeps the two ECN bits.
 *
 * @param fd -1 for a closed socket
 * @throws {TypeError} when `value` is of the wrong type, or there is no option of this name
 * @throws {RangeError} when `value` is out of range
 * @throws {SocketOptionError} as `getSocketOption`, and for options that can only be read
 */
export function setSocketOption<N extends SocketOptionName>(
  fd: number,
  name: N,
  value: SocketOptionValue<N>,
): void {
  writeOption(fd, name, socketOptionDefinition(name), value);
}

function readOption(fd: number, name: string, option: SocketOptionDefinition): AnyValue {
  const { level, number } = option;
  switch (option.kind) {
    case "switch":
      return readInteger(fd, name, level, number) !== 0;
    case "number":
      return readNumber(fd, name, option);
    case "text":
      return readText(fd, name, option);
    case "linger":
      readRaw(fd, name, level, number, LINGER_BYTES);
      return { on: scratchIntegers[0] !== 0, seconds: scratchIntegers[1] ?? 0 };
    case "tcpInfo":
      scratchBytes.fill(0, 0, TCP_INFO_BYTES);
      readRaw(fd, name, level, number, TCP_INFO_BYTES);
      return decodeTCPInfo(scratchView);
    case "refused":
      throw new SocketOptionError(name, option.reason);
  }
}

function writeOption(
  fd: number,
  name: string,
  option: SocketOptionDefinition,
  value: unknown,
): void {
  const { level, number } = option;
  switch (option.kind) {
    case "switch":
      return writeInteger(fd, name, level, number, checkSwitch(name, value) ? 1 : 0);
    case "number":
      return writeNumber(fd, name, option, checkNumber(name, value, option));
    case "text": {
      const bytes = checkText(name, value, option);
      scratchBytes.set(bytes);
      return writeRaw(fd, name, level, number, bytes.length);
    }
    case "linger": {
      const linger = checkLinger(name, value);
      scratchIntegers[0] = linger.on ? 1 : 0;
      scratchIntegers[1] = linger.seconds;
      return writeRaw(fd, name, level, number, LINGER_BYTES);
    }
    case "tcpInfo":
      throw new SocketOptionError(name, "it can only be read");
    case "refused":
      throw new SocketOptionError(name, option.reason);
  }
}

function readNumber(fd: number, name: string, option: NumberOption): number {
  const { level, number } = option.ipv6 && isIPv6Socket(fd, name) ? option.ipv6 : option;
  return readInteger(fd, name, level, number);
}

function writeNumber(fd: number, name: string, option: NumberOption, value: number): void {
  if (option.ipv6 && isIPv6Socket(fd, name)) {
    writeInteger(fd, name, option.ipv6.level, option.ipv6.number, value);
  }
  writeInteger(fd, name, option.level, option.number, value);
}

function readText(fd: number, name: string, option: TextOption): string {
  const length = readRaw(fd, name, option.level, option.number, option.maxBytes + 1);
  const bytes = scratchBytes.subarray(0, length);
  const end = bytes.indexOf(0);
  return DECODER.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function isIPv6Socket(fd: number, name: string): boolean {
  return readInteger(fd, name, SOL_SOCKET, SO_DOMAIN) === AF_INET6;
}
