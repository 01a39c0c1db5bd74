import type { Project } from "./project.ts";
import type { SourceFile } from "./source-file.ts";

/** One place where a rule is broken. */
export interface Finding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** What is wrong, and behind a semicolon what to do instead. */
  readonly problem: string;
}

/** A small project, and what a rule finds in it. */
export interface Example {
  /** The contents of its files, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** `path:line` of each finding, in order; none when the rule accepts it. */
  readonly finds: readonly string[];
}

/** One statement about the project that holds, or is broken at certain places. */
export interface Rule {
  /** The statement. */
  readonly name: string;
  check(project: Project): Finding[];
  /** What it accepts and what it refuses: at least one of each. */
  readonly examples: readonly Example[];
}

export function finding(file: SourceFile, offset: number, problem: string): Finding {
  return { path: file.path, line: file.lineAt(offset), problem };
}

/** A finding for each match of `pattern` in the code of `file`, where comments are spaces. */
export function findingsIn(file: SourceFile, pattern: RegExp, problem: string): Finding[] {
  return [...file.code.matchAll(pattern)].map((match) => finding(file, match.index, problem));
}

/** As a compiler would print it. */
export function formatFinding({ path, line, problem }: Finding): string {
  return `${path}:${line}: ${problem}`;
}
