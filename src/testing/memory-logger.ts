import type { Logger } from "../reactor/logger.ts";

/** One report, as it was made. */
export interface LogReport {
  readonly level: "warn" | "error";
  readonly message: string;
  /** What was thrown, where something was. */
  readonly error: unknown;
}

/** A logger that keeps its reports in order, so that a test can look at them. */
export class MemoryLogger implements Logger {
  readonly #reports: LogReport[] = [];

  /** All reports so far. */
  get reports(): readonly LogReport[] {
    return this.#reports;
  }

  /** What was thrown, of all reports that came with it. */
  get errors(): unknown[] {
    return this.#reports.map(({ error }) => error).filter((error) => error !== undefined);
  }

  warn(message: string, error?: unknown): void {
    this.#reports.push({ level: "warn", message, error });
  }

  error(message: string, error?: unknown): void {
    this.#reports.push({ level: "error", message, error });
  }

  /** Forgets the reports. */
  clear(): void {
    this.#reports.length = 0;
  }
}
