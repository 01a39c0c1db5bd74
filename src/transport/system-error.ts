import { inspect } from "node:util";

/** The system's name of a failure, as an option for our errors; nothing when it gave none. */
export function systemCodeOf(error: unknown): { code?: string } {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? { code } : {};
}

/** What to say of a failure: the system's name for it, or else its message. */
export function messageOf(error: unknown): string {
  return systemCodeOf(error).code ?? asError(error).message;
}

/** What was thrown, as an `Error`; code may throw anything, even what has no text form. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === "string" ? thrown : inspect(thrown), { cause: thrown });
}
