import { listedNames } from "./imports.ts";
import type { SourceFile } from "./source-file.ts";

/** A name that a file defines and exports. */
export interface ExportedName {
  readonly name: string;
  readonly offset: number;
  /** Whether a doc comment is right above its definition. */
  readonly documented: boolean;
}

const DECLARATION = new RegExp(
  String.raw`(?<![.\w$])(export\s+)?(?:(?:declare|abstract|async)\s+)*` +
    String.raw`(?:class|interface|type|function\*?|const|let|var)\s+([\w$]+)`,
  "g",
);
const LIST = /(?<![.\w$])export\s*(?:type\s*)?\{([^}]*)\}(?!\s*from\b)/g;

/** What `file` exports of its own; each name once, documented when one of its definitions is. */
export function exportedNames(file: SourceFile): ExportedName[] {
  const listed = new Set(
    [...file.code.matchAll(LIST)].flatMap(([, list = ""]) =>
      listedNames(list, false).map(({ name }) => name),
    ),
  );
  const found = new Map<string, ExportedName>();
  for (const match of file.code.matchAll(DECLARATION)) {
    const [, exported, name = ""] = match;
    if (exported === undefined && !listed.has(name)) continue;
    const earlier = found.get(name);
    const documented = earlier?.documented === true || isDocumented(file, match.index);
    found.set(name, { name, offset: earlier?.offset ?? match.index, documented });
  }
  return [...found.values()];
}

function isDocumented(file: SourceFile, offset: number): boolean {
  const before = file.text.slice(0, offset).trimEnd();
  const start = before.lastIndexOf("/*");
  return before.endsWith("*/") && before.startsWith("/**", start);
}
