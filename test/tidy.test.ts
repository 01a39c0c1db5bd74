/**
 * The style of the project, executed. Each rule is one test here, and proves by its own examples
 * that it can fail; `test/tidy` has the rules. A finding reads `path:line: what is wrong; what to
 * do instead`.
 */
import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RULES } from "./tidy/all-rules.ts";
import { ALLOWANCES } from "./tidy/ambient-allowances.ts";
import { staleAllowances } from "./tidy/ambient-rules.ts";
import { loadProject, Project } from "./tidy/project.ts";
import { formatFinding } from "./tidy/rule.ts";

const project = loadProject(join(import.meta.dir, ".."));

describe("Tidy", () => {
  for (const rule of RULES) {
    test(rule.name, () => {
      expect(rule.check(project).map(formatFinding)).toEqual([]);
    });
  }

  test("an allowance for one file is needed by that file", () => {
    expect(staleAllowances(project, ALLOWANCES)).toEqual([]);
  });
});

describe("Tidy rules can fail", () => {
  for (const rule of RULES) {
    test(`${rule.name}: refuses and accepts its examples`, () => {
      for (const { files, finds } of rule.examples) {
        const found = rule.check(new Project(new Map(Object.entries(files))));
        expect(found.map(({ path, line }) => `${path}:${line}`).sort()).toEqual([...finds].sort());
      }
    });

    test(`${rule.name}: has an example of each kind, and says what to do instead`, () => {
      const refused = rule.examples.filter(({ finds }) => finds.length > 0);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(rule.examples.length);
      for (const { files } of refused) {
        const found = rule.check(new Project(new Map(Object.entries(files))));
        for (const { problem } of found) expect(problem).toMatch(/^[^;]+; [^;]+$/);
      }
    });
  }

  test("an allowance for a file that does not use it is found", () => {
    const small = new Project(new Map([["src/task/a.ts", "b(setTimeout);\n"]]));
    const because = "of this test";
    const stale = staleAllowances(small, [
      { where: "src/task/a.ts", what: ["timers"], because },
      { where: "src/task/a.ts", what: ["Date"], because },
      { where: "src/task/gone.ts", what: ["timers"], because },
      { where: "src/framing/", what: ["timers"], because },
    ]);
    expect(stale).toEqual([
      "src/task/a.ts does not use Date",
      "src/task/gone.ts does not use timers",
    ]);
  });
});

describe("loadProject", () => {
  test("knows this project by its own files", () => {
    expect([...project.texts.keys()]).toContain("package.json");
    expect([...project.sources.keys()]).toContain("test/tidy.test.ts");
    expect([...project.texts.keys()].filter((path) => path.includes("node_modules/"))).toEqual([]);
  });

  test.skipIf(Bun.which("git") === null)("takes what git would track (needs git)", () => {
    withFolder((root) => {
      writeFileSync(join(root, ".gitignore"), "ignored/\nnode_modules/\n");
      expect(Bun.spawnSync(["git", "init", "-q"], { cwd: root }).exitCode).toBe(0);
      expect([...loadProject(root).texts.keys()]).toEqual([".gitignore", "src/a.ts"]);
    });
  });

  test("takes everything where there is no git, but what was installed or is not text", () => {
    withFolder((root) => {
      expect([...loadProject(root).texts.keys()]).toEqual(["ignored/b.ts", "src/a.ts"]);
    });
  });
});

/** Calls `use` with a folder that has some files and is no git work tree, and removes it. */
function withFolder(use: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), "pretzel-tidy-"));
  try {
    for (const path of ["src/a.ts", "ignored/b.ts", "node_modules/c/c.ts"]) {
      mkdirSync(join(root, path, ".."), { recursive: true });
      writeFileSync(join(root, path), "export {};\n");
    }
    writeFileSync(join(root, "src/image.png"), "\0");
    use(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}
