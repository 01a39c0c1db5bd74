/**
 * How many descriptors this process may have open.
 */
import { readFileSync } from "node:fs";
import { libcOrNull } from "./libc.ts";
import { scratchAddress, scratchView } from "./scratch-memory.ts";

/** Linux' number for the limit of descriptors. */
const RLIMIT_NOFILE = 7;
/** RLIM_INFINITY: every bit set. */
const UNLIMITED = 0xffff_ffff_ffff_ffffn;

let limit: number | undefined;

/**
 * The soft limit of descriptors (RLIMIT_NOFILE) as it was at the first call.
 *
 * @returns Infinity where there is no limit, or the system does not say
 */
export function descriptorLimit(): number {
  limit ??= limitFromLibc() ?? limitFromFile() ?? Number.POSITIVE_INFINITY;
  return limit;
}

/** The soft limit as getrlimit(2) says it; null where libc cannot be loaded. */
export function limitFromLibc(): number | null {
  const libc = libcOrNull();
  if (libc === null || libc.getrlimit(RLIMIT_NOFILE, scratchAddress) !== 0) return null;
  const soft = scratchView.getBigUint64(0, true);
  return soft === UNLIMITED ? Number.POSITIVE_INFINITY : Number(soft);
}

/**
 * The soft limit as Linux' proc(5) says it; null where there is no such file.
 *
 * @param path a file of the form of `/proc/self/limits`
 */
export function limitFromFile(path = "/proc/self/limits"): number | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    // Not Linux, or proc(5) is not mounted: the limit is not to be known this way.
    return null;
  }
  const soft = /^Max open files\s+(unlimited|\d+)\s/m.exec(text)?.[1];
  if (soft === undefined) return null;
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}
