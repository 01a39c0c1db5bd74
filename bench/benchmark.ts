/**
 * What a benchmark is: it checks its answers, then measures the things it compares in alternating
 * rounds, and reports rows. Running, printing and saving are the business of others.
 */
import type { Spread } from "./spread.ts";

/** How to run a benchmark. */
export interface BenchmarkSettings {
  /** `smoke` does everything once or twice and small, so that tests can run it. */
  readonly size: "full" | "smoke";
  /** How often everything is measured. */
  readonly rounds: number;
  /** Decides the contents of what is sent. */
  readonly seed: number;
  /** The control address of a receiver on another host; a benchmark without one ignores it. */
  readonly host?: { readonly host: string; readonly port: number };
  /** Told what is being done. */
  readonly progress: (line: string) => void;
}

/** One line of results: what was varied, and what was measured. Units end the names. */
export interface ResultRow {
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly measures: Readonly<Record<string, Spread>>;
}

/** What a benchmark found. */
export interface BenchmarkReport {
  readonly rows: readonly ResultRow[];
  /** What follows from the rows, in sentences, and what the machine kept from being measured. */
  readonly findings: readonly string[];
}

/** One benchmark, by the name it is run with. */
export interface Benchmark {
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  /** @throws {WrongAnswerError} when what is measured does not do its work right */
  run(settings: BenchmarkSettings): Promise<BenchmarkReport>;
}

/** Something that was to be timed gave a wrong answer, so its time means nothing. */
export class WrongAnswerError extends Error {
  override readonly name = "WrongAnswerError";
}

/** @throws {WrongAnswerError} unless `actual` is `expected` */
export function mustEqual(what: string, actual: unknown, expected: unknown): void {
  if (Object.is(actual, expected)) return;
  throw new WrongAnswerError(`${what} is ${String(actual)}, expected ${String(expected)}`);
}
