/**
 * getsockopt(2) and setsockopt(2) with their failures as `SocketOptionError`; the value is in
 * `scratch-memory.ts`.
 */
import type { Pointer } from "bun:ffi";
import { SocketOptionError } from "../reactor/socket-option.ts";
import { errorName } from "./error-name.ts";
import { type Libc, libcMissingBecause, libcOrNull } from "./libc.ts";
import {
  scratchAddress,
  scratchIntegers,
  scratchLength,
  scratchLengthAddress,
} from "./scratch-memory.ts";

/** The size of a C `int`. */
const INTEGER_BYTES = 4;

/**
 * The C library for an option.
 *
 * @throws {SocketOptionError} when there is none
 */
function libcFor(name: string): Libc {
  const libc = libcOrNull();
  if (libc !== null) return libc;
  throw new SocketOptionError(name, `libc could not be loaded (${libcMissingBecause()})`);
}

/**
 * Reads an option into the scratch memory.
 *
 * @param name the option's name, for the error
 * @param room how many bytes the value may have
 * @returns how many it has
 * @throws {SocketOptionError} when the system refuses, or the descriptor is closed
 */
export function readRaw(
  fd: number,
  name: string,
  level: number,
  number: number,
  room: number,
): number {
  return readRawInto(fd, name, level, number, scratchAddress, room);
}

/**
 * Reads an option that may be larger than the scratch memory into memory of its own.
 *
 * @param room how much the value may have, in the unit that the option counts in
 * @returns how much it has
 * @throws {SocketOptionError} as `readRaw`
 */
export function readRawInto(
  fd: number,
  name: string,
  level: number,
  number: number,
  address: Pointer,
  room: number,
): number {
  const libc = libcFor(name);
  if (fd < 0) throw closedError(name);
  scratchLength[0] = room;
  if (libc.getsockopt(fd, level, number, address, scratchLengthAddress) === 0) {
    return scratchLength[0];
  }
  const code = errorName(libc.errno());
  throw new SocketOptionError(name, `the system refused to read it: ${code}`, { code });
}

/**
 * Sets an option from the scratch memory.
 *
 * @param bytes how many bytes the value has
 * @throws {SocketOptionError} when the system refuses, or the descriptor is closed
 */
export function writeRaw(
  fd: number,
  name: string,
  level: number,
  number: number,
  bytes: number,
): void {
  const libc = libcFor(name);
  if (fd < 0) throw closedError(name);
  if (libc.setsockopt(fd, level, number, scratchAddress, bytes) === 0) return;
  const code = errorName(libc.errno());
  throw new SocketOptionError(name, `the system refused to set it: ${code}`, { code });
}

/** Reads an option that is a C `int`. @throws {SocketOptionError} as `readRaw` */
export function readInteger(fd: number, name: string, level: number, number: number): number {
  // The system may answer a request for four bytes with one (ip(7)), so the rest has to be zero.
  scratchIntegers[0] = 0;
  readRaw(fd, name, level, number, INTEGER_BYTES);
  return scratchIntegers[0];
}

/** Sets an option that is a C `int`. @throws {SocketOptionError} as `writeRaw` */
export function writeInteger(
  fd: number,
  name: string,
  level: number,
  number: number,
  value: number,
): void {
  scratchIntegers[0] = value;
  writeRaw(fd, name, level, number, INTEGER_BYTES);
}

function closedError(name: string): SocketOptionError {
  return new SocketOptionError(name, "the socket is closed", { code: "EBADF" });
}
