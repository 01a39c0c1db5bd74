import { describe, expect, test } from "bun:test";
import { moduleImports, resolveImport } from "./imports.ts";
import { Project } from "./project.ts";
import { SourceFile } from "./source-file.ts";

/** Each import as `kind specifier: names`, with `type` before the names that are types. */
function summary(text: string): string[] {
  return moduleImports(new SourceFile("src/task/a.ts", text)).map((found) => {
    const names = found.names.map(({ name, alias, typeOnly }) => {
      const renamed = alias === name ? name : `${name} as ${alias}`;
      return typeOnly ? `type ${renamed}` : renamed;
    });
    return `${found.kind} ${found.specifier}: ${names.join(", ")}`;
  });
}

const CASES: readonly [source: string, imports: string[]][] = [
  [`import { a, b as c } from "./d.ts";`, ["static ./d.ts: a, b as c"]],
  [`import { type a, b } from "./d.ts";`, ["static ./d.ts: type a, b"]],
  [`import type { a } from './d.ts';`, ["static ./d.ts: type a"]],
  [`import {\n  a,\n  b,\n} from "./d.ts";`, ["static ./d.ts: a, b"]],
  [`import * as a from "node:net";`, ["static node:net: * as a"]],
  [`import a from "b";`, ["static b: default as a"]],
  [`import a, { type b } from "c";`, ["static c: default as a, type b"]],
  [`import type from "a";`, ["static a: default as type"]],
  [`import "./a.ts";`, ["static ./a.ts: "]],
  [`export * from "./a.ts";`, ["reexport ./a.ts: *"]],
  [`export type * from "./a.ts";`, ["reexport ./a.ts: type *"]],
  [`export { a, type b as c } from "./d.ts";`, ["reexport ./d.ts: a, type b as c"]],
  [`const a = await import("./b.ts");`, ["dynamic ./b.ts: *"]],
  [`type A = typeof import("./b.ts");`, ["dynamic ./b.ts: *"]],
  [`new Worker(new URL("./b.ts", import.meta.url));`, ["url ./b.ts: "]],
  [`const a = import.meta.resolve("./b.ts");`, ["url ./b.ts: "]],
  [`const a = new URL("./b", base);`, []],
  [`// import { a } from "./b.ts";\nconst c = 'import "./d.ts"';`, []],
  [`export interface A {}\nimport { b } from "./c.ts";`, ["static ./c.ts: b"]],
  [`export const from = "./a.ts";`, []],
];

describe("moduleImports", () => {
  test.each(CASES)("reads %s", (source, imports) => {
    expect(summary(source)).toEqual(imports);
  });
});

describe("resolveImport", () => {
  const project = new Project(
    new Map([
      ["src/index.ts", ""],
      ["src/task/a.ts", ""],
      ["src/reactor/clock.ts", ""],
    ]),
  );
  const from = new SourceFile("src/task/a.ts", "");

  test("follows a relative path", () => {
    expect(resolveImport(project, from, "../reactor/clock.ts")?.path).toBe("src/reactor/clock.ts");
  });

  test("knows the package's own name", () => {
    expect(resolveImport(project, from, "pretzel")?.path).toBe("src/index.ts");
  });

  test("knows no other package, and no file that is not there", () => {
    expect(resolveImport(project, from, "node:net")).toBeUndefined();
    expect(resolveImport(project, from, "./b.ts")).toBeUndefined();
  });
});
