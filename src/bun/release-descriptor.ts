import { closeSync, openSync } from "node:fs";
import { systemCodeOf } from "../transport/system-error.ts";

/** The highest number of a standard descriptor. */
const LAST_STANDARD_DESCRIPTOR = 2;

/**
 * Closes a descriptor that is ours, if it is one at all. A standard one is pointed at /dev/null, so
 * that nothing that is opened later gets its number, and with it what others print.
 */
export function releaseDescriptor(fd: number): void {
  if (!Number.isInteger(fd) || fd < 0) return;
  try {
    closeSync(fd);
  } catch (error) {
    // It was not open; where somebody else has closed it, its number may be anybody's by now.
    if (systemCodeOf(error).code === "EBADF") return;
    throw error;
  }
  if (fd > LAST_STANDARD_DESCRIPTOR) return;
  // The lowest free number is the one that was just closed.
  const replacement = openSync("/dev/null", "r+");
  if (replacement !== fd) closeSync(replacement);
}
