import { asError } from "./as-error.ts";

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

/**
 * `logger`, except that what it throws is reported to standard error instead: the report of a fault
 * must not become another one, in the middle of the reactor.
 */
export function steadyLogger(logger: Logger): Logger {
  const guard = (level: keyof Logger, message: string, error: unknown) => {
    try {
      logger[level](message, error);
    } catch (thrown) {
      STDERR_LOGGER.error("the logger failed", thrown);
      STDERR_LOGGER[level](message, error);
    }
  };
  return {
    warn: (message, error) => guard("warn", message, error),
    error: (message, error) => guard("error", message, error),
  };
}

function writeReport(level: string, message: string, error: unknown): void {
  process.stderr.write(
    `pretzel ${level}: ${message}${error === undefined ? "" : `\n${describe(error)}`}\n`,
  );
}

function describe(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  const error = asError(thrown);
  return error === thrown ? (error.stack ?? error.message) : error.message;
}
