import { asError } from "../reactor/as-error.ts";

/** The system's name of a failure, as an option for our errors; nothing when it gave none. */
export function systemCodeOf(error: unknown): { code?: string } {
  const code = codeOf(error);
  return typeof code === "string" ? { code } : {};
}

/** What to say of a failure: the system's name for it, or else its message. */
export function messageOf(error: unknown): string {
  return systemCodeOf(error).code ?? asError(error).message;
}

/** The failure may come from a program's own code, whose errors need not let themselves be read. */
function codeOf(error: unknown): unknown {
  try {
    return error instanceof Error && "code" in error ? error.code : undefined;
  } catch {
    return undefined;
  }
}
