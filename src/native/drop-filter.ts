/**
 * A filter in the kernel that throws away everything that arrives at a socket. It sheds a flood of
 * datagrams for the price of none of them reaching us; `socketDrops` counts them.
 */
import { type Pointer, ptr } from "bun:ffi";
import { SocketOptionError } from "../reactor/socket-option.ts";
import { writeInteger, writeRaw } from "./raw-socket-option.ts";
import { scratchView } from "./scratch-memory.ts";
import { SO_ATTACH_FILTER, SO_DETACH_FILTER, SOL_SOCKET } from "./socket-constants.ts";

/** Classic BPF (linux/filter.h): "return 0", so keep no byte of the packet. */
const RETURN_CONSTANT = 0x06;
const program = new Uint16Array([RETURN_CONSTANT, 0, 0, 0]);

/** `struct sock_fprog`: the number of instructions, and where they are, aligned to 8. */
const PROGRAM_BYTES = 16;
const INSTRUCTIONS_OFFSET = 8;

let programAddress: Pointer | undefined;

/**
 * From now on nothing arrives at the socket; what has arrived already stays readable. Attaching it
 * twice is fine.
 *
 * @param fd -1 for a closed socket
 * @throws {SocketOptionError} when libc cannot be loaded, the socket is closed or the system says
 *   no
 */
export function attachDropFilter(fd: number): void {
  programAddress ??= ptr(program);
  scratchView.setUint16(0, 1, true);
  scratchView.setBigUint64(INSTRUCTIONS_OFFSET, BigInt(programAddress), true);
  writeRaw(fd, "SO_ATTACH_FILTER", SOL_SOCKET, SO_ATTACH_FILTER, PROGRAM_BYTES);
}

/**
 * Lets everything through again. Without a filter it does nothing.
 *
 * @throws {SocketOptionError} as `attachDropFilter`
 */
export function detachFilter(fd: number): void {
  try {
    writeInteger(fd, "SO_DETACH_FILTER", SOL_SOCKET, SO_DETACH_FILTER, 0);
  } catch (error) {
    // The system's word for "there is none".
    if (!(error instanceof SocketOptionError) || error.code !== "ENOENT") throw error;
  }
}
