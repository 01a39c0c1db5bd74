import { type Finding, finding, findingsIn, type Rule } from "./rule.ts";
import type { SourceFile } from "./source-file.ts";

const ONLY: Rule = {
  name: "no test runs alone",
  check: (project) =>
    project
      .sourcesIn("test/")
      .flatMap((file) =>
        findingsIn(
          file,
          /(?<![.\w$])(?:test|it|describe)(?:\.\w+)*\.only\b/g,
          "hides all other tests; take .only out",
        ),
      ),
  examples: [
    {
      files: {
        "test/a.test.ts": `${dotted("test", "only")}("a", b);\ndescribe.skip${"."}only("c", d);\n`,
      },
      finds: ["test/a.test.ts:1", "test/a.test.ts:2"],
    },
    { files: { "test/a.test.ts": 'test("only", a);\nb.only();\n' }, finds: [] },
  ],
};

const SKIP: Rule = {
  name: "a test that may be skipped says why, in words",
  check: (project) => project.sourcesIn("test/").flatMap(skipsWithoutReason),
  examples: [
    {
      files: {
        "test/a.test.ts": `${dotted("test", "skip")}("a", b);\n\n`,
        "test/b.test.ts": '\ntest.skipIf(c)("d", (e) => {});\n// no nc\ntest.if(f)("g", h);\n',
        "test/c.test.ts": `const a = b ? test : ${dotted("test", "skip")};\n`,
        "test/d.test.ts": `${dotted("test", "todo")}("a");\nconst c = "//a b c d";\n`,
        "test/e.test.ts": 'const c = "//a b c d";\ntest.skipIf(f)("a", g);\n',
      },
      finds: ["a.test.ts:1", "b.test.ts:2", "b.test.ts:4", "c.test.ts:1"]
        .concat("d.test.ts:1", "e.test.ts:2")
        .map((place) => `test/${place}`),
    },
    {
      files: {
        "test/a.test.ts":
          "// The program rdate is not on every system.\n" + `test.skipIf(!rdate)("a", b);\n`,
        "test/b.test.ts": 'describe.skipIf(c)("d (needs nc)", () => {});\nf.skip(1);\n',
        "test/c.test.ts": "test.skipIf(c)(`d${reason}`, e);\n",
      },
      finds: [],
    },
  ],
};

const SLEEP: Rule = {
  name: "only tests in test/integration wait for the clock on the wall",
  check: (project) =>
    project
      .sourcesIn("test/")
      .filter((file) => !file.path.startsWith("test/integration/"))
      .flatMap((file) =>
        findingsIn(
          file,
          /(?<![\w$])(?:Bun\.sleep(?:Sync)?|setTimeout|setInterval|useFakeTimers)\b/g,
          "waits by the clock; use a ManualClock, or wait for the event itself",
        ),
      ),
  examples: [
    {
      files: {
        "test/a.test.ts": `await ${dotted("Bun", "sleep")}(1);\nsetTimeout${"("}b, 1);\n`,
        "test/b.test.ts": 'import { setTimeout as c } from "node:timers/promises";\n',
      },
      finds: ["test/a.test.ts:1", "test/a.test.ts:2", "test/b.test.ts:1"],
    },
    {
      files: {
        "test/integration/a.test.ts": `await ${dotted("Bun", "sleep")}(1);\n`,
        "test/a.test.ts": "clock.advance(1); // setTimeout\n",
        "src/bun/a.ts": "a(setTimeout);\n",
      },
      finds: [],
    },
  ],
};

export const TEST_HABIT_RULES: readonly Rule[] = [ONLY, SKIP, SLEEP];

/** Joined here, so that a plain search for the forbidden calls finds none in this file. */
function dotted(object: string, method: string): string {
  return `${object}.${method}`;
}

function skipsWithoutReason(file: SourceFile): Finding[] {
  const skips = /(?<![.\w$])(?:test|it|describe)(?:\.\w+)*\.(?:skip|todo|if)(?:If)?\b/g;
  return [...file.code.matchAll(skips)]
    .filter(({ index }) => !hasReason(file, index))
    .map(({ 0: call, index }) =>
      finding(file, index, `${call} without a reason; say why in a comment or the title`),
    );
}

/**
 * A comment of three words at least, on the line or the one above; or a title that ends in a
 * remark such as `(needs nc)`, or has a variable called reason.
 */
function hasReason(file: SourceFile, offset: number): boolean {
  const line = file.lineAt(offset);
  const remarks = file.prose
    .split("\n")
    .slice(Math.max(0, line - 2), line)
    .map((text) => {
      return /(?:\/\/|\/?\*)(.*)$/.exec(text)?.[1] ?? "";
    });
  if (remarks.some((remark) => remark.trim().split(/\s+/).length >= 3)) return true;
  const length = file.code.slice(offset).search(/;|(?<!\$)\{/);
  const call = file.text.slice(offset, length === -1 ? undefined : offset + length);
  return / \([^"'`]+ [^"'`]+\)["'`]|\breason\b/.test(call);
}
