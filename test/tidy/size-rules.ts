import { type FunctionSpan, functionSpans } from "./function-bodies.ts";
import { finding, type Rule } from "./rule.ts";
import type { SourceFile } from "./source-file.ts";

/** A file of more lines than this holds more than one concept. Turn these down, never up. */
const MAX_FILE_LINES = 400;
/** Tests are lists, and lists read on. */
const MAX_TEST_LINES = 600;
/** An example is read in one sitting, on one screen. */
const MAX_EXAMPLE_LINES = 40;
/** What fits on a screen, and in a head. */
const MAX_FUNCTION_LINES = 60;
/** Two files beside each other; the formatter keeps to it where it can. */
const MAX_COLUMNS = 100;

const FILES: Rule = {
  name:
    `a file has at most ${MAX_FILE_LINES} lines, a test ${MAX_TEST_LINES}, ` +
    `an example ${MAX_EXAMPLE_LINES}`,
  check: (project) =>
    [...project.sources.values()].flatMap((file) => {
      const max = maxLines(file.path);
      const { length } = file.lines;
      if (length <= max) return [];
      const problem = `the file has ${length} lines, ${max} are allowed; split it by concept`;
      return [{ path: file.path, line: max + 1, problem }];
    }),
  examples: [
    {
      files: {
        "src/task/a.ts": "a;\n".repeat(MAX_FILE_LINES + 1),
        "test/task/a.ts": "a;\n".repeat(MAX_TEST_LINES + 1),
        "examples/a.ts": "a;\n".repeat(MAX_EXAMPLE_LINES + 1),
      },
      finds: ["src/task/a.ts:401", "test/task/a.ts:601", "examples/a.ts:41"],
    },
    {
      files: {
        "src/task/a.ts": "a;\n".repeat(MAX_FILE_LINES),
        "test/task/a.ts": "a;\n".repeat(MAX_TEST_LINES),
        "examples/a.ts": "a;\n".repeat(MAX_EXAMPLE_LINES),
      },
      finds: [],
    },
  ],
};

const FUNCTIONS: Rule = {
  name: `a function has at most ${MAX_FUNCTION_LINES} lines`,
  check: (project) =>
    [...project.sources.values()].flatMap((file) =>
      functionSpans(file.code)
        .filter((span) => !isGroupOfTests(file, span))
        .flatMap((span) => {
          const length = file.lineAt(span.end - 1) - file.lineAt(span.start) + 1;
          if (length <= MAX_FUNCTION_LINES) return [];
          const problem = `the function has ${length} lines; make functions of its parts`;
          return [finding(file, span.start, problem)];
        }),
    ),
  examples: [
    {
      files: {
        "src/task/a.ts": `const a = 1;\n\nfunction b() {\n${"  c;\n".repeat(59)}}\n`,
        "src/task/b.ts": `class B {\n  c(): D {\n${"    e;\n".repeat(59)}  }\n}\n`,
        "test/a.test.ts":
          'describe("b", () => {\n  test("c", () => {\n' + `${"d;\n".repeat(59)}  });\n});\n`,
      },
      finds: ["src/task/a.ts:3", "src/task/b.ts:2", "test/a.test.ts:2"],
    },
    {
      files: {
        "src/task/a.ts": `function b() {\n${"  c;\n".repeat(58)}}\n`,
        "src/task/b.ts": `class B {\n${"  c() {\n    d;\n  }\n".repeat(30)}}\n`,
        "src/task/c.ts": `const c = {\n${"  d: e(f),\n".repeat(70)}};\n`,
        "test/a.test.ts": `describe("b", () => {\n${'  test("c", () => {});\n'.repeat(70)}});\n`,
      },
      finds: [],
    },
  ],
};

/** The formatter puts a title on one line, and a specification says what it has to. */
const TEST_TITLE = /^\s*(?:test|describe)(?:\.\w+(?:\([^)]*\))?)?\(\s*["'`]/;

const COLUMNS: Rule = {
  name: `a line has at most ${MAX_COLUMNS} columns, unless an address or a test's title is longer`,
  check: (project) =>
    [...project.sources.values()].flatMap((file) =>
      file.lines.flatMap((text, index) => {
        if ([...text].length <= MAX_COLUMNS || /https?:\/\/\S{40,}/.test(text)) return [];
        if (file.path.startsWith("test/") && TEST_TITLE.test(text)) return [];
        const problem = `the line has ${[...text].length} columns; break it`;
        return [{ path: file.path, line: index + 1, problem }];
      }),
    ),
  examples: [
    {
      files: { "src/task/a.ts": `a;\n// ${"b".repeat(98)}\n`, "test/a.ts": `"${"ü".repeat(100)}"` },
      finds: ["src/task/a.ts:2", "test/a.ts:1"],
    },
    {
      files: {
        "src/task/a.ts": `// ${"b".repeat(97)}\n// https://example.net/${"c".repeat(90)}\n`,
        "test/a.ts": `"${"😀".repeat(98)}"`,
        "test/b.ts": `  test("${"b".repeat(98)}", () => {\n`,
      },
      finds: [],
    },
  ],
};

export const SIZE_RULES: readonly Rule[] = [FILES, FUNCTIONS, COLUMNS];

function maxLines(path: string): number {
  if (path.startsWith("examples/")) return MAX_EXAMPLE_LINES;
  return path.startsWith("test/") ? MAX_TEST_LINES : MAX_FILE_LINES;
}

/** A function that only declares tests, such as the callback of `describe` or a contract suite. */
function isGroupOfTests(file: SourceFile, span: FunctionSpan): boolean {
  if (!file.path.startsWith("test/")) return false;
  return /(?<![.\w$])(?:describe|test|it)\s*[.(]/.test(file.code.slice(span.start, span.end));
}
