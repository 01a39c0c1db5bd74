import { join } from "node:path/posix";
import {
  ALLOWED_FOLDERS,
  ENTRY_POINTS,
  LIBRARY_PACKAGES,
  PACKAGE_PLACES,
  SURFACE_FOLDERS,
} from "./import-table.ts";
import { reachableFrom } from "./import-graph.ts";
import { isRelative, moduleImports, PACKAGE_EXPORTS } from "./imports.ts";
import type { ModuleImport } from "./imports.ts";
import { type Finding, finding, type Rule } from "./rule.ts";
import type { SourceFile } from "./source-file.ts";

const ARROWS: Rule = {
  name: "a folder of src imports only the folders that the import table gives it",
  check: (project) =>
    project.sourcesIn("src/").flatMap((file) => eachImport(file, (found) => arrow(file, found))),
  examples: [
    {
      files: {
        "src/framing/a.ts": 'import type { B } from "../task/b.ts";\n',
        "src/reactor/a.ts": 'export const a = 1;\nconst b = import("../transport/b.ts");\n',
        "src/sockets/a.ts": 'import { B } from "../reactor/b.ts";\n',
        "src/services/a.ts": 'import { B } from "../netbench/b.ts";\n',
        "src/index.ts": 'export * from "./cli/main.ts";\n',
        "src/task/a.ts": 'import { B } from "../../test/b.ts";\n',
        "src/cli/a.ts": 'import { B } from "../index.ts";\n',
      },
      finds: [
        "src/framing/a.ts:1",
        "src/reactor/a.ts:2",
        "src/sockets/a.ts:1",
        "src/services/a.ts:1",
        "src/index.ts:1",
        "src/task/a.ts:1",
        "src/cli/a.ts:1",
      ],
    },
    {
      files: {
        "src/framing/a.ts": 'import { B } from "../reactor/b.ts";\nimport { C } from "./c.ts";\n',
        "src/reactor/a.ts": 'import { isIP } from "node:net";\n',
        "src/cli/main.ts": 'import settings from "../../package.json";\n',
        "src/index.ts": 'export * from "./bun/reactor.ts";\n',
        "test/task/a.ts": 'import { B } from "../../src/cli/b.ts";\n',
      },
      finds: [],
    },
  ],
};

const NATIVE: Rule = {
  name: "src/native takes only types and errors from src/reactor",
  check: (project) =>
    project.sourcesIn("src/native/").flatMap((file) =>
      eachImport(file, (found) => {
        if (!found.specifier.startsWith("../reactor/")) return undefined;
        const bad = found.names.find(({ name, typeOnly }) => !typeOnly && !name.endsWith("Error"));
        return bad && `imports the value ${bad.name} of the reactor; import its type instead`;
      }),
    ),
  examples: [
    {
      files: { "src/native/a.ts": 'import { DONE } from "../reactor/close-reason.ts";\n' },
      finds: ["src/native/a.ts:1"],
    },
    {
      files: {
        "src/native/a.ts": 'import { type A, BError } from "../reactor/b.ts";\n',
        "src/native/b.ts": 'import type { A } from "../reactor/b.ts";\n',
      },
      finds: [],
    },
  ],
};

const PATHS: Rule = {
  name: "a file of the project is imported by its relative path, extension and all",
  check: (project) =>
    project.sourcesIn("src/", "test/", "bench/", "examples/").flatMap((file) =>
      eachImport(file, ({ kind, specifier }) => {
        if (kind === "url") return undefined;
        if (isRelative(specifier)) {
          return /\/[^/]+\.\w+$/.test(specifier)
            ? undefined
            : `imports "${specifier}"; name the file, with its extension`;
        }
        const isSelf = PACKAGE_EXPORTS[specifier] !== undefined && file.path.startsWith("src/");
        return isSelf ? `imports the package by name; import the file by its path` : undefined;
      }),
    ),
  examples: [
    {
      files: {
        "src/task/a.ts": 'import { B } from "./b";\nimport { C } from "pretzel";\n',
        "test/task/a.ts": 'import { B } from "..";\nimport { C } from "../b";\n',
      },
      finds: ["src/task/a.ts:1", "src/task/a.ts:2", "test/task/a.ts:2"],
    },
    {
      files: {
        "src/task/a.ts": 'import { B } from "./b.ts";\nimport page from "./page.html";\n',
        "test/task/a.ts": 'import { C } from "pretzel";\nimport { D } from "fast-check";\n',
      },
      finds: [],
    },
  ],
};

const PACKAGES: Rule = {
  name: "a package is imported only where the table of packages has it",
  check: (project) =>
    project.sourcesIn("src/", "bench/", "examples/").flatMap((file) =>
      eachImport(file, ({ specifier }) => {
        const name = packageName(specifier);
        if (name === undefined || PACKAGE_EXPORTS[specifier] !== undefined) return undefined;
        const places = PACKAGE_PLACES[name];
        if (places === undefined) {
          return `imports ${name}; a dependency needs a decision page and a line in the table`;
        }
        if (places.some((place) => file.path.startsWith(place))) return undefined;
        return `imports ${name}; only ${places.join(", ")} may`;
      }),
    ),
  examples: [
    {
      files: {
        "src/services/a.ts": 'import { Command } from "commander";\n',
        "src/cli/a.ts": 'import chalk from "chalk/x";\nimport b from "@scope/b/c";\n',
        "src/bun/a.ts": 'import { dlopen } from "bun:ffi";\n',
        "examples/a.ts": 'import { bench } from "mitata";\n',
      },
      finds: [
        "src/services/a.ts:1",
        "src/cli/a.ts:1",
        "src/cli/a.ts:2",
        "src/bun/a.ts:1",
        "examples/a.ts:1",
      ],
    },
    {
      files: {
        "src/cli/a.ts": 'import { Command } from "commander";\nimport { B } from "./b.ts";\n',
        "src/native/a.ts": 'import { dlopen } from "bun:ffi";\nimport fs from "node:fs";\n',
        "bench/a.ts": 'import { bench } from "mitata";\nimport { B } from "pretzel";\n',
        "test/a.ts": 'import fc from "fast-check";\n',
      },
      finds: [],
    },
  ],
};

const LIBRARY: Rule = {
  name: "the library and everything it reaches has no runtime dependency",
  check: (project) =>
    reachableFrom(project, ENTRY_POINTS).flatMap((file) =>
      eachImport(file, ({ specifier }) => {
        const name = packageName(specifier);
        if (name === undefined || LIBRARY_PACKAGES.includes(name)) return undefined;
        return `imports ${name} and is part of the library; only the programs have dependencies`;
      }),
    ),
  examples: [
    {
      files: {
        "src/index.ts": 'export * from "./task/a.ts";\n',
        "src/task/a.ts": 'import type { Level } from "pino";\nimport { b } from "./b.ts";\n',
        "src/task/b.ts": 'import { z } from "zod";\n',
        "src/testing/index.ts": 'import "fast-check";\n',
      },
      finds: ["src/testing/index.ts:1", "src/task/a.ts:1", "src/task/b.ts:1"],
    },
    {
      files: {
        "src/index.ts": 'export * from "./bun/a.ts";\n',
        "src/bun/a.ts": 'import type { Socket } from "bun";\nimport fs from "node:fs";\n',
        "src/cli/main.ts": 'import { Command } from "commander";\n',
      },
      finds: [],
    },
  ],
};

const OUTSIDERS: Rule = {
  name: "bench and examples see only the package's exports and their own folder",
  check: (project) =>
    project.sourcesIn("bench/", "examples/").flatMap((file) =>
      eachImport(file, ({ specifier }) => {
        if (!isRelative(specifier)) return undefined;
        const [home] = file.path.split("/");
        if (targetPath(file, specifier).startsWith(`${home}/`)) return undefined;
        return `imports "${specifier}"; import it from "pretzel" or "pretzel/testing"`;
      }),
    ),
  examples: [
    {
      files: {
        "bench/micro/a.ts": 'import { B } from "../../src/task/b.ts";\n',
        "examples/a.ts": 'import { B } from "../bench/b.ts";\n',
      },
      finds: ["bench/micro/a.ts:1", "examples/a.ts:1"],
    },
    {
      files: {
        "bench/micro/a.ts": 'import { B } from "../b.ts";\nimport { C } from "pretzel";\n',
        "test/a.ts": 'import { B } from "../src/task/b.ts";\n',
      },
      finds: [],
    },
  ],
};

export const IMPORT_RULES: readonly Rule[] = [ARROWS, NATIVE, PATHS, PACKAGES, LIBRARY, OUTSIDERS];

/** A finding for each import of `file` that `judge` has a complaint about. */
function eachImport(
  file: SourceFile,
  judge: (found: ModuleImport) => string | undefined,
): Finding[] {
  return moduleImports(file).flatMap((found) => {
    const problem = judge(found);
    return problem === undefined ? [] : [finding(file, found.offset, problem)];
  });
}

function arrow(file: SourceFile, { specifier }: ModuleImport): string | undefined {
  const from = folderOf(file.path);
  const allowed = from === "" ? SURFACE_FOLDERS : ALLOWED_FOLDERS[from];
  if (allowed === undefined) {
    return `src/${from} is not in the import table; a new folder needs a decision page and a row`;
  }
  if (!isRelative(specifier)) return undefined;
  const target = targetPath(file, specifier);
  if (target === "package.json" && from === "cli") return undefined;
  if (!target.startsWith("src/")) return `imports ${target}; src imports only src`;
  if (ENTRY_POINTS.includes(target)) return `imports ${target}; import the file that defines it`;
  const to = folderOf(target);
  if (to === from || allowed.includes(to)) return undefined;
  const places = allowed.length === 0 ? "nothing" : allowed.join(", ");
  return `src/${from} imports src/${to}; it may import ${places}`;
}

function targetPath(file: SourceFile, specifier: string): string {
  return join(file.path, "..", specifier);
}

/** The folder of src that a path is in; empty for src itself. */
function folderOf(path: string): string {
  const [, folder = "", rest] = path.split("/");
  return rest === undefined ? "" : folder;
}

/** The package that `specifier` is in; undefined for the project's files and node's modules. */
function packageName(specifier: string): string | undefined {
  if (isRelative(specifier) || specifier.startsWith("node:")) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
}
