/**
 * The C library, loaded at first use and never at import. Everything in this folder works through
 * it; nothing outside this folder needs it to be there.
 */
import { dlopen, FFIType, type Library, read } from "bun:ffi";
import { readFileSync } from "node:fs";
import { basename, isAbsolute } from "node:path";

const { i32, u32, u64, ptr } = FFIType;

const SYMBOLS = {
  __errno_location: { args: [], returns: ptr },
  bind: { args: [i32, ptr, u32], returns: i32 },
  close: { args: [i32], returns: i32 },
  connect: { args: [i32, ptr, u32], returns: i32 },
  fcntl: { args: [i32, i32, i32], returns: i32 },
  getpeername: { args: [i32, ptr, ptr], returns: i32 },
  getrlimit: { args: [i32, ptr], returns: i32 },
  getsockname: { args: [i32, ptr, ptr], returns: i32 },
  getsockopt: { args: [i32, i32, i32, ptr, ptr], returns: i32 },
  if_indextoname: { args: [u32, ptr], returns: ptr },
  if_nametoindex: { args: [ptr], returns: u32 },
  inet_ntop: { args: [i32, ptr, ptr, u32], returns: ptr },
  inet_pton: { args: [i32, ptr, ptr], returns: i32 },
  ioctl: { args: [i32, u64, ptr], returns: i32 },
  listen: { args: [i32, i32], returns: i32 },
  setsockopt: { args: [i32, i32, i32, ptr, u32], returns: i32 },
  socket: { args: [i32, i32, i32], returns: i32 },
} as const;

/** The functions of the C library, as they are in C, and the error number they leave behind. */
export type Libc = Library<typeof SYMBOLS>["symbols"] & {
  /** The error number of this thread; only to be read straight after a call that failed. */
  readonly errno: () => number;
};

/** What came of loading the C library: the library, or why there is none. */
type LoadedLibc =
  { readonly libc: Libc; readonly reason: null } | { readonly libc: null; readonly reason: string };

let loaded: LoadedLibc | undefined;

/** The processors whose numbers and layouts this folder knows. */
const PROCESSORS: readonly string[] = ["x64", "arm64"];

/** What the file of a C library is called: glibc's now and before 2.34, and musl's. */
const LIBC_NAME = /^(?:libc\.so\.6|libc-2\.\d+\.so|ld-musl-[^/]+\.so\.1|libc\.musl-[^/]+\.so\.1)$/;

/**
 * The path of the C library that this process runs with, as proc(5) shows it. A name without a path
 * would be looked for in the working directory too, where anybody may have put another library.
 *
 * Empty where the numbers of this folder are not those of the system, so that nothing is ever
 * called by accident, and where proc(5) is not mounted.
 *
 * @param readMap gives what proc(5) has in `/proc/self/maps`
 */
export function libcCandidates(
  platform: string = process.platform,
  processor: string = process.arch,
  readMap: () => string = () => readFileSync("/proc/self/maps", "utf8"),
): readonly string[] {
  if (platform !== "linux" || !PROCESSORS.includes(processor)) return [];
  let map: string;
  try {
    map = readMap();
  } catch {
    // proc(5) is not mounted, and a guess could be another library than the one that is loaded.
    return [];
  }
  const paths = map.split("\n").map((line) => line.slice(Math.max(line.indexOf("/"), 0)));
  return [...new Set(paths)].filter((path) => isAbsolute(path) && LIBC_NAME.test(basename(path)));
}

/**
 * Loads the first of `candidates` that can be loaded and has every function we need.
 *
 * @param candidates paths of shared libraries; one that is not absolute is passed over
 */
export function loadLibc(candidates: readonly string[]): LoadedLibc {
  if (candidates.length === 0) {
    const system = `${process.platform} on ${process.arch}`;
    return { libc: null, reason: `no C library is known for ${system}, or proc(5) is missing` };
  }
  const failures: string[] = [];
  for (const candidate of candidates) {
    if (!isAbsolute(candidate)) {
      failures.push(`${candidate}: it is no absolute path`);
      continue;
    }
    try {
      const { symbols } = dlopen(candidate, SYMBOLS);
      return { libc: withErrno(symbols, candidate), reason: null };
    } catch (error) {
      failures.push(`${candidate}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { libc: null, reason: failures.join("; ") };
}

function withErrno(symbols: Library<typeof SYMBOLS>["symbols"], candidate: string): Libc {
  const location = symbols.__errno_location();
  if (location === null) throw new Error(`${candidate} has no error number`);
  return { ...symbols, errno: () => read.i32(location, 0) };
}

/** The C library, or null where it cannot be loaded. The first call loads it. */
export function libcOrNull(): Libc | null {
  loaded ??= loadLibc(libcCandidates());
  return loaded.libc;
}

/** Why `libcOrNull` gives null; null when it does not. */
export function libcMissingBecause(): string | null {
  loaded ??= loadLibc(libcCandidates());
  return loaded.reason;
}

/**
 * The C library.
 *
 * @param what what it is wanted for, to follow "Cannot" in the message, such as `bind a socket`
 * @throws {Error} when it cannot be loaded; the message says why
 */
export function requireLibc(what: string): Libc {
  const libc = libcOrNull();
  if (libc !== null) return libc;
  throw new Error(`Cannot ${what}: libc could not be loaded (${libcMissingBecause()})`);
}

/**
 * Has everything in this thread use `replacement` until it is disposed of. For tests of what works
 * without the C library: `using _ = replaceLibc(loadLibc(["no-such-library"]))`.
 */
export function replaceLibc(replacement: LoadedLibc): Disposable {
  const before = loaded;
  loaded = replacement;
  return {
    [Symbol.dispose]() {
      loaded = before;
    },
  };
}
