/** Where the reactor reports what nobody else can handle, such as an error thrown by a protocol. */
export interface Logger {
  /** Something to look into; `error` is what was thrown, where something was. */
  warn(message: string, error?: unknown): void;
  /** A fault in a program's own code, reported after it has been contained. */
  error(message: string, error?: unknown): void;
}

/** Writes to standard error, one line a report with the stack below it. The default. */
export const STDERR_LOGGER: Logger = {
  warn(message, error) {
    writeReport("warning", message, error);
  },
  error(message, error) {
    writeReport("error", message, error);
  },
};

function writeReport(level: string, message: string, error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : error;
  process.stderr.write(
    `pretzel ${level}: ${message}${detail === undefined ? "" : `\n${detail}`}\n`,
  );
}
