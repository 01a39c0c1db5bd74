/**
 * The code in the guides: every block marked `ts` is a module of its own. All of them are
 * type-checked, and those with tests in them are run.
 */
import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
/** Ignored by git and formatter, and inside the project, so that its settings hold there. */
const SCRATCH = join(ROOT, "coverage");
/** The checker and the tests take a second or so. */
const LIMIT_MS = 60_000;

interface Block {
  /** Made of the page and the line on which the block begins. */
  readonly fileName: string;
  readonly code: string;
}

describe("The guides", () => {
  test(
    "type-check, block by block",
    () => {
      const all = blocks();
      expect(all.length).toBeGreaterThan(0);
      withBlocks(all, (folder) => {
        expect(complaintsOf("check", "--noUnusedLocals=false", folder)).toBe("");
      });
    },
    LIMIT_MS,
  );

  test(
    "have tests that pass",
    () => {
      const tests = blocks().filter(({ fileName }) => fileName.endsWith(".test.ts"));
      expect(tests.length).toBeGreaterThan(0);
      withBlocks(tests, (folder) => expect(complaintsOf("test", folder)).toBe(""));
    },
    LIMIT_MS,
  );
});

/** The blocks of all guides. */
function blocks(): Block[] {
  const pages = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  return pages.flatMap((page) => {
    const text = readFileSync(join(ROOT, "docs", page), "utf8");
    return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: code = "", index }) => {
      const line = text.slice(0, index).split("\n").length;
      const extension = code.includes('from "bun:test"') ? ".test.ts" : ".ts";
      return { fileName: `${page.slice(0, -".md".length)}-${line}${extension}`, code };
    });
  });
}

/** Calls `use` with a folder that has the blocks as files, and removes it. */
function withBlocks(blocks: readonly Block[], use: (folder: string) => void): void {
  mkdirSync(SCRATCH, { recursive: true });
  const folder = mkdtempSync(join(SCRATCH, "guides-"));
  try {
    for (const { fileName, code } of blocks) writeFileSync(join(folder, fileName), code);
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What bun says about the folder; nothing when all is well. */
function complaintsOf(...command: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, ...command], { cwd: ROOT });
  return exitCode === 0 ? "" : `${stdout}${stderr}`;
}
