/** The system's name of a failure, such as `ENOENT`; undefined when it gave none. */
export function systemCodeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** What to say of a failure: the system's name for it, or else its message. */
export function failureOf(error: unknown): string {
  return systemCodeOf(error) ?? (error instanceof Error ? error.message : String(error));
}
