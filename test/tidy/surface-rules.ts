import { ENTRY_POINTS } from "./import-table.ts";
import { type ExportedName, exportedNames } from "./exports.ts";
import { isRelative, listedNames, moduleImports, resolveImport } from "./imports.ts";
import type { Project } from "./project.ts";
import { finding, type Rule } from "./rule.ts";
import type { SourceFile } from "./source-file.ts";

const BARRELS: Rule = {
  name: "only the two entry points pass on what other files define",
  check: (project) =>
    project
      .sourcesIn("src/")
      .filter((file) => !ENTRY_POINTS.includes(file.path))
      .flatMap((file) =>
        passedOn(file).map((offset) =>
          finding(file, offset, "passes on another file's name; let users import that file"),
        ),
      ),
  examples: [
    {
      files: {
        "src/task/index.ts": 'export * from "./a.ts";\n',
        "src/task/b.ts": 'export type { A } from "./a.ts";\n',
        "src/task/c.ts": 'import { a } from "./a.ts";\nexport { a };\n',
      },
      finds: ["src/task/index.ts:1", "src/task/b.ts:1", "src/task/c.ts:2"],
    },
    {
      files: {
        "src/index.ts": 'export * from "./task/a.ts";\n',
        "src/testing/index.ts": 'export { B } from "./b.ts";\n',
        "src/task/a.ts": "const a = 1;\nexport { a };\n",
        "test/task/all.ts": 'export * from "./a.ts";\n',
      },
      finds: [],
    },
  ],
};

const DOCUMENTED: Rule = {
  name: "everything that the package exports has a doc comment",
  check: (project) =>
    publicNames(project)
      .filter(({ name }) => !name.documented)
      .map(({ file, name }) =>
        finding(file, name.offset, `${name.name} is public; say above it in /** */ what it does`),
      ),
  examples: [
    {
      files: {
        "src/index.ts": 'export * from "./task/a.ts";\nexport { c as d } from "./task/c.ts";\n',
        "src/task/a.ts": "export const a = 1;\n\n/* Not a doc comment. */\nexport class B {}\n",
        "src/task/c.ts": "/** Something else. */\nconst b = 1;\nfunction c() {}\nexport { c };\n",
        "src/testing/index.ts": 'export type { E } from "./e.ts";\n',
        "src/testing/e.ts": "export interface E {}\nexport interface F {}\n",
      },
      finds: ["src/task/a.ts:1", "src/task/a.ts:4", "src/task/c.ts:3", "src/testing/e.ts:1"],
    },
    {
      files: {
        "src/index.ts": 'export { a, b, type C } from "./task/a.ts";\n',
        "src/task/a.ts":
          "/** A. */\nexport const a = 1;\n\n/**\n * B.\n */\nexport async function b() {}\n" +
          "export interface Inside {}\n/** C. */\nexport type C = string;\n",
      },
      finds: [],
    },
    {
      files: {
        "src/index.ts": 'export * from "./task/a.ts";\n',
        "src/task/a.ts":
          "/** One or two. */\nexport function a(b: 1): 1;\nexport function a(b: 2): 2;\n" +
          "export function a(b: number): number {\n  return b;\n}\n",
      },
      finds: [],
    },
  ],
};

const UNUSED: Rule = {
  name: "what a file of src exports, another file uses",
  check(project) {
    const used = usedNames(project);
    return project
      .sourcesIn("src/")
      .filter((file) => !ENTRY_POINTS.includes(file.path) && !used.has(`${file.path} *`))
      .flatMap((file) =>
        exportedNames(file)
          .filter(({ name }) => !used.has(`${file.path} ${name}`))
          .map(({ name, offset }) =>
            finding(file, offset, `nobody imports ${name}; do not export it, or delete it`),
          ),
      );
  },
  examples: [
    {
      files: {
        "src/task/a.ts": "export const a = 1;\nexport const b = a;\nconst c = 1;\nexport { c };\n",
        "src/task/b.ts": 'import { b } from "./a.ts";\nimport { a } from "./other.ts";\n',
      },
      finds: ["src/task/a.ts:1", "src/task/a.ts:3"],
    },
    {
      files: {
        "src/index.ts": 'export * from "./task/a.ts";\nexport { d } from "./task/d.ts";\n',
        "src/task/a.ts": "export const a = 1;\n",
        "src/task/b.ts": "export class B {}\nexport interface C {}\n",
        "src/task/d.ts": "export const d = 1;\n",
        "test/b.test.ts": 'import { type C, B as D } from "../src/task/b.ts";\n',
      },
      finds: [],
    },
  ],
};

export const SURFACE_RULES: readonly Rule[] = [BARRELS, DOCUMENTED, UNUSED];

/** Where `file` exports what it has from another file of the project. */
function passedOn(file: SourceFile): number[] {
  const imports = moduleImports(file).filter(({ specifier }) => isRelative(specifier));
  const imported = new Set(imports.flatMap(({ names }) => names.map(({ alias }) => alias)));
  const lists = [...file.code.matchAll(/(?<![.\w$])export\s*(?:type\s*)?\{([^}]*)\}\s*;/g)];
  const again = lists.filter(([, list = ""]) =>
    listedNames(list, false).some(({ name }) => imported.has(name)),
  );
  const reexports = imports.filter(({ kind }) => kind === "reexport");
  return [...reexports.map(({ offset }) => offset), ...again.map(({ index }) => index)];
}

interface PublicName {
  readonly file: SourceFile;
  readonly name: ExportedName;
}

/** What the two entry points export, where it is defined. */
function publicNames(project: Project): PublicName[] {
  const found = new Map<string, PublicName>();
  for (const path of ENTRY_POINTS) {
    const entry = project.sources.get(path);
    if (entry === undefined) continue;
    for (const shown of [...ownNames(entry), ...shownNames(project, entry)]) {
      found.set(`${shown.file.path} ${shown.name.name}`, shown);
    }
  }
  return [...found.values()];
}

function ownNames(file: SourceFile): PublicName[] {
  return exportedNames(file).map((name) => ({ file, name }));
}

function shownNames(project: Project, entry: SourceFile): PublicName[] {
  const reexports = moduleImports(entry).filter(({ kind }) => kind === "reexport");
  return reexports.flatMap(({ specifier, names }) => {
    const target = resolveImport(project, entry, specifier);
    if (target === undefined) return [];
    const taken = new Set(names.map(({ name }) => name));
    return ownNames(target).filter(({ name }) => taken.has("*") || taken.has(name.name));
  });
}

/** `path name` of everything imported somewhere; `path *` where it is the whole file. */
function usedNames(project: Project): Set<string> {
  const used = new Set<string>();
  for (const file of project.sources.values()) {
    for (const { specifier, names } of moduleImports(file)) {
      const target = resolveImport(project, file, specifier);
      for (const { name } of names) used.add(`${target?.path} ${name}`);
    }
  }
  return used;
}
