import { inspect } from "node:util";

/**
 * What was thrown, as an `Error` whose message and stack can be read. Code may throw anything, even
 * what throws again when it is looked at: that becomes an `Error` which says so. Never throws.
 *
 * @returns `thrown` itself where that is such an `Error`, or else one that has it as the cause
 */
export function asError(thrown: unknown): Error {
  try {
    if (isReadableError(thrown)) return thrown;
    return new Error(typeof thrown === "string" ? thrown : inspect(thrown), { cause: thrown });
  } catch {
    const what = typeof thrown === "function" ? "A function" : "An object";
    return new Error(`${what} was thrown that throws when it is looked at`, { cause: thrown });
  }
}

/** @throws what a getter, or a trap of a `Proxy`, throws */
function isReadableError(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error)) return false;
  const { message, stack } = thrown;
  return typeof message === "string" && (stack === undefined || typeof stack === "string");
}
