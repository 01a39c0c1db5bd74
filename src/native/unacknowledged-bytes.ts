import { libcOrNull } from "./libc.ts";
import { scratchAddress, scratchIntegers } from "./scratch-memory.ts";

/** Asks a stream socket how much of what was sent is still in its send queue (linux/sockios.h). */
const SIOCOUTQ = 0x5411;

/**
 * How many bytes of what was sent on a stream socket the peer has not acknowledged (TCP, where an
 * end of stream under way counts as one) or not read (UNIX, where the kernel's own overhead counts
 * too). Null where nobody can say: without libc, or when `fd` is no open stream socket.
 */
export function unacknowledgedBytes(fd: number): number | null {
  const libc = fd < 0 ? null : libcOrNull();
  if (libc === null || libc.ioctl(fd, SIOCOUTQ, scratchAddress) < 0) return null;
  return scratchIntegers[0] ?? null;
}
