import { dirname, join } from "node:path/posix";
import type { Project } from "./project.ts";
import type { SourceFile } from "./source-file.ts";

/** One mention of another module in a file. */
export interface ModuleImport {
  /**
   * - `static`: an import, at the start of the file.
   * - `reexport`: an export of what another module has.
   * - `dynamic`: an import while the program runs, or the type of a module.
   * - `url`: the address of a file, such as a worker's program.
   */
  readonly kind: "static" | "reexport" | "dynamic" | "url";
  readonly specifier: string;
  /** The names taken; `*` for all of them. */
  readonly names: readonly ImportedName[];
  readonly offset: number;
}

export interface ImportedName {
  /** As the module calls it. */
  readonly name: string;
  /** As this file calls it, or as it exports it. */
  readonly alias: string;
  readonly typeOnly: boolean;
}

/** The names by which the package is imported from outside src, and what they stand for. */
export const PACKAGE_EXPORTS: Readonly<Record<string, string>> = {
  pretzel: "src/index.ts",
  "pretzel/testing": "src/testing/index.ts",
};

const CLAUSE = String.raw`(?:[\w$]+\s*,\s*)?(?:\{[^}]*\}|\*(?:\s*as\s+[\w$]+)?)|[\w$]+`;
const FROM = new RegExp(
  String.raw`(?<![.\w$])(?<verb>import|export)(?<type>\s+type(?=[\s{*]))?` +
    String.raw`\s*(?<clause>${CLAUSE})\s*from\s*(?=["'])`,
  "g",
);
const BARE = /(?<![.\w$])import\s*(?=["'])/g;
const CALL = /(?<![.\w$])(?:import|require)\s*\(\s*(?=["'`])/g;
const URL_CALL = /\bnew URL\(\s*(?=["'`])|\bimport\.meta\.resolve\(\s*(?=["'`])/g;

const EVERYTHING: readonly ImportedName[] = [{ name: "*", alias: "*", typeOnly: false }];

/** Every module that `file` mentions, in order of kind and appearance. */
export function moduleImports(file: SourceFile): ModuleImport[] {
  const found: ModuleImport[] = [];
  for (const match of file.code.matchAll(FROM)) {
    const { verb, type, clause = "" } = match.groups ?? {};
    const kind = verb === "export" ? "reexport" : "static";
    const names = importedNames(clause, type !== undefined);
    found.push({ kind, specifier: specifierAt(file, match), names, offset: match.index });
  }
  for (const match of file.code.matchAll(BARE)) {
    const specifier = specifierAt(file, match);
    found.push({ kind: "static", specifier, names: [], offset: match.index });
  }
  for (const match of file.code.matchAll(CALL)) {
    const specifier = specifierAt(file, match);
    found.push({ kind: "dynamic", specifier, names: EVERYTHING, offset: match.index });
  }
  for (const match of file.code.matchAll(URL_CALL)) {
    const specifier = specifierAt(file, match);
    const rest = file.code.slice(match.index + match[0].length);
    const isOwn = match[0].startsWith("import") || /^(.)\s*\1,\s*import\.meta\.url/.test(rest);
    if (isOwn) found.push({ kind: "url", specifier, names: [], offset: match.index });
  }
  return found;
}

/** The file of the project that `specifier` in `file` stands for; undefined for anything else. */
export function resolveImport(
  project: Project,
  file: SourceFile,
  specifier: string,
): SourceFile | undefined {
  const path = isRelative(specifier)
    ? join(dirname(file.path), specifier)
    : PACKAGE_EXPORTS[specifier];
  return path === undefined ? undefined : project.sources.get(path);
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith("./") || specifier.startsWith("../");
}

/** The names in `{ a, type b as c }`, without the braces. */
export function listedNames(list: string, typeOnly: boolean): ImportedName[] {
  const entries = list.split(",").map((entry) => entry.trim());
  return entries
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [, type, name = "", alias = name] =
        /^(type\s+(?!as\b))?([\w$]+)(?:\s+as\s+([\w$]+))?/.exec(entry) ?? [];
      return { name, alias, typeOnly: typeOnly || type !== undefined };
    });
}

function importedNames(clause: string, typeOnly: boolean): ImportedName[] {
  const names: ImportedName[] = [];
  const [, first] = /^([\w$]+)/.exec(clause) ?? [];
  if (first !== undefined) names.push({ name: "default", alias: first, typeOnly });
  const [, list] = /\{([^}]*)\}/.exec(clause) ?? [];
  if (list !== undefined) names.push(...listedNames(list, typeOnly));
  if (clause.includes("*")) {
    const [, alias = "*"] = /\*\s*as\s+([\w$]+)/.exec(clause) ?? [];
    names.push({ name: "*", alias, typeOnly });
  }
  return names;
}

function specifierAt(file: SourceFile, match: RegExpExecArray): string {
  return file.stringAt(match.index + match[0].length);
}
