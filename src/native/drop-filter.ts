/**
 * A filter in the kernel that throws away everything that arrives at a socket. It sheds a flood of
 * datagrams for the price of none of them reaching us; `socketDrops` counts them.
 */
import { type Pointer, ptr } from "bun:ffi";
import { SocketOptionError } from "../reactor/socket-option.ts";
import { readRaw, readRawInto, writeInteger, writeRaw } from "./raw-socket-option.ts";
import { scratchView } from "./scratch-memory.ts";
import {
  SO_ATTACH_FILTER,
  SO_DETACH_FILTER,
  SO_GET_FILTER,
  SOL_SOCKET,
} from "./socket-constants.ts";

/** The instructions of a filter (`struct sock_filter`); null for a socket that has none. */
export type FilterProgram = Uint8Array | null;

/** The size of an instruction: a code of two bytes, two jumps of one, and an operand of four. */
const INSTRUCTION_BYTES = 8;

/** Classic BPF (linux/filter.h): "return 0", so keep no byte of the packet. */
const RETURN_CONSTANT = 0x06;
const DROP_ALL = programMemory(1);
DROP_ALL[0] = RETURN_CONSTANT;

/** `struct sock_fprog`: the number of instructions, and where they are, aligned to 8. */
const PROGRAM_BYTES = 16;
const INSTRUCTIONS_OFFSET = 8;

/**
 * From now on nothing arrives at the socket; what has arrived already stays readable.
 *
 * @param fd -1 for a closed socket
 * @returns the filter that the socket had, for `setFilter`
 * @throws {SocketOptionError} when libc cannot be loaded, the socket is closed or the system says
 *   no, as it does for a filter that it cannot give back (`EACCES`) or that is locked (`EPERM`)
 */
export function attachDropFilter(fd: number): FilterProgram {
  const before = filterOf(fd);
  setFilter(fd, DROP_ALL);
  return before;
}

/**
 * Gives the socket a filter, or none, whatever it had.
 *
 * @throws {SocketOptionError} as `attachDropFilter`
 */
export function setFilter(fd: number, program: FilterProgram): void {
  if (program === null) {
    detachFilter(fd);
    return;
  }
  scratchView.setUint16(0, program.length / INSTRUCTION_BYTES, true);
  scratchView.setBigUint64(INSTRUCTIONS_OFFSET, BigInt(ptr(program)), true);
  writeRaw(fd, "SO_ATTACH_FILTER", SOL_SOCKET, SO_ATTACH_FILTER, PROGRAM_BYTES);
}

function filterOf(fd: number): FilterProgram {
  // The system counts instructions here, not bytes.
  const instructions = readRaw(fd, "SO_GET_FILTER", SOL_SOCKET, SO_GET_FILTER, 0);
  if (instructions === 0) return null;
  const program = programMemory(instructions);
  const address: Pointer = ptr(program);
  readRawInto(fd, "SO_GET_FILTER", SOL_SOCKET, SO_GET_FILTER, address, instructions);
  return program;
}

function detachFilter(fd: number): void {
  try {
    writeInteger(fd, "SO_DETACH_FILTER", SOL_SOCKET, SO_DETACH_FILTER, 0);
  } catch (error) {
    // The system's word for "there is none".
    if (!(error instanceof SocketOptionError) || error.code !== "ENOENT") throw error;
  }
}

/** An ArrayBuffer of its own, because those never move. */
function programMemory(instructions: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(instructions * INSTRUCTION_BYTES));
}
