import { finding, findingsIn, type Rule } from "./rule.ts";

const DEFAULT_EXPORT: Rule = {
  name: "nothing is exported as default",
  check: everywhere(
    /(?<![.\w$])export\s+default\b|(?<![.\w$])export\s*\{[^}]*\bas\s+default\b/g,
    "exports a default; give it a name",
  ),
  examples: [
    {
      files: { "src/task/a.ts": "export default 1;\n", "bench/b.ts": "export { b as default };\n" },
      finds: ["src/task/a.ts:1", "bench/b.ts:1"],
    },
    {
      files: { "src/task/a.ts": '// export default\nexport const a = "export default";\n' },
      finds: [],
    },
  ],
};

const ENUM: Rule = {
  name: "there is no enum and no namespace",
  check: everywhere(
    /(?<![.\w$])(?:enum\s+[\w$]+|namespace\s+[\w$.]+|module\s+[\w$.]+)\s*\{/g,
    "declares an enum or a namespace; use a union of strings, or a file",
  ),
  examples: [
    {
      files: { "src/task/a.ts": "export const enum A {\n  B,\n}\nnamespace C {\n}\n" },
      finds: ["src/task/a.ts:1", "src/task/a.ts:4"],
    },
    {
      files: {
        "src/task/a.ts": 'type A = "enum b {" | "c"; // namespace d {\nconst namespace = {};\n',
      },
      finds: [],
    },
  ],
};

const ANY: Rule = {
  name: "nothing has the type any",
  check: everywhere(
    /(?<![.\w$#])any\b(?!\s*=>|[(:?\w$])/g,
    "has the type any; use unknown and narrow it, or a type parameter",
  ),
  examples: [
    {
      files: {
        "src/task/a.ts":
          "const a: any = 1;\nlet b = a as any;\nfunction c(...d: any[]): Map<A, any> {}\n",
      },
      finds: ["src/task/a.ts:1", "src/task/a.ts:2", "src/task/a.ts:3", "src/task/a.ts:3"],
    },
    {
      files: {
        "src/task/a.ts": "// any\nPromise.any(a);\nexpect.any(Buffer);\nconst b = { any: 1 };\n",
      },
      finds: [],
    },
  ],
};

const NON_NULL: Rule = {
  name: "nothing is asserted not to be null with !",
  check: everywhere(/(?<=[\w$)\]}])!(?!=)/g, "asserts with !; check it, or make the type say so"),
  examples: [
    {
      files: {
        "src/task/a.ts":
          "a!.b();\nconst c = d[0]!;\nf(g()!, h);\nclass I {\n  j!: K;\n}\nm! += 1;\n",
      },
      finds: [1, 2, 3, 5, 7].map((line) => `src/task/a.ts:${line}`),
    },
    {
      files: { "src/task/a.ts": 'if (!a && b !== c && d != e) f("!");\nreturn !!g; // h!\n' },
      finds: [],
    },
  ],
};

const EMPTY_CATCH: Rule = {
  name: "no catch is empty",
  check: everywhere(
    /(?<![\w$])catch\s*(?:\([^)]*\)\s*)?\{\s*\}|\.catch\(\s*\(?\w*\)?\s*=>\s*\{\s*\}/g,
    "swallows every error; handle the one you expect, and throw the others on",
  ),
  examples: [
    {
      files: {
        "src/task/a.ts":
          "try {\n  b();\n} catch {}\ntry {\n  c();\n} catch (error) {\n  // Fine.\n}\n",
        "test/a.ts": "await a().catch(() => {});\n",
      },
      finds: ["src/task/a.ts:3", "src/task/a.ts:6", "test/a.ts:1"],
    },
    {
      files: {
        "src/task/a.ts":
          "try {\n  b();\n} catch (error) {\n  c(error);\n}\nd().catch((error) => e(error));\n",
      },
      finds: [],
    },
  ],
};

const UNFINISHED: Rule = {
  name: "nothing is left to do later",
  check: (project) =>
    [...project.sources.values()].flatMap((file) =>
      [...file.prose.matchAll(/\b(?:FIXME|TODO|XXX)\b/g)].map(({ 0: word, index }) =>
        finding(file, index, `says ${word}; do it, or describe the limit and why it is fine`),
      ),
    ),
  examples: [
    {
      files: { "src/task/a.ts": "a();\n// FIXME: b\n/* c\n * TODO d */\n" },
      finds: ["src/task/a.ts:2", "src/task/a.ts:4"],
    },
    { files: { "src/task/a.ts": 'const a = "TODO"; // Nothing left to do.\n' }, finds: [] },
  ],
};

export const LANGUAGE_RULES: readonly Rule[] = [
  DEFAULT_EXPORT,
  ENUM,
  ANY,
  NON_NULL,
  EMPTY_CATCH,
  UNFINISHED,
];

/** A check that refuses `pattern` in the code of every file. */
function everywhere(pattern: RegExp, problem: string): Rule["check"] {
  return (project) =>
    [...project.sources.values()].flatMap((file) => findingsIn(file, pattern, problem));
}
