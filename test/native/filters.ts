/** Filters of sockets, for tests of how we treat them. */
import { writeInteger } from "../../src/native/raw-socket-option.ts";
import { SOL_SOCKET } from "../../src/native/socket-constants.ts";

const SO_LOCK_FILTER = 44;

/**
 * Drops datagrams that begin with an "x", and takes all others: load the first byte behind the
 * header of UDP, compare, return 0 or everything (linux/filter.h).
 */
export const DROP_X = new Uint8Array(
  Uint8Array.of(
    ...[0x30, 0, 0, 0, 8, 0, 0, 0],
    ...[0x15, 0, 0, 1, "x".charCodeAt(0), 0, 0, 0],
    ...[0x06, 0, 0, 0, 0, 0, 0, 0],
    ...[0x06, 0, 0, 0, 0xff, 0xff, 0, 0],
  ).buffer,
);

/** From now on the socket keeps the filter that it has, or has none. */
export function lockFilter(fd: number): void {
  writeInteger(fd, "SO_LOCK_FILTER", SOL_SOCKET, SO_LOCK_FILTER, 1);
}
