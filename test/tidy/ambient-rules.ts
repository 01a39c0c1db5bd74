import { ALLOWANCES, type Allowance, AMBIENT, type AmbientName } from "./ambient-allowances.ts";
import { moduleImports } from "./imports.ts";
import type { Project } from "./project.ts";
import { finding, findingsIn, type Rule } from "./rule.ts";
import type { SourceFile } from "./source-file.ts";

const SOCKETS: Rule = {
  name: "only src/bun opens sockets",
  check: (project) =>
    project
      .sourcesIn("src/")
      .filter((file) => !file.path.startsWith("src/bun/"))
      .flatMap((file) =>
        findingsIn(
          file,
          /(?<![\w$])Bun\.(?:listen|connect|udpSocket)\b/g,
          "opens a socket of its own; take a Reactor and use its listen and connect",
        ),
      ),
  examples: [
    {
      files: {
        "src/cli/a.ts": "a();\nBun.listen(b);\n",
        "src/netbench/a.ts": "const { a } = await Bun.udpSocket({});\n",
        "src/index.ts": "Bun.connect(b);\n",
      },
      finds: ["src/cli/a.ts:2", "src/netbench/a.ts:1", "src/index.ts:1"],
    },
    {
      files: {
        "src/bun/a.ts": "Bun.listen(b);\n",
        "src/cli/a.ts": "// Bun.listen\nBun.listening;\n",
        "bench/a.ts": "Bun.listen(b);\n",
      },
      finds: [],
    },
  ],
};

const AMBIENT_USES: Rule = {
  name: "src takes Bun, time, chance and timers as parameters, but where the allowances say",
  check: (project) =>
    project.sourcesIn("src/").flatMap((file) =>
      usesIn(file)
        .filter((use) => !ALLOWANCES.some((allowance) => covers(allowance, file, use)))
        .map(({ name, offset }) =>
          finding(file, offset, `reaches for ${name}; take it as a parameter, or add an allowance`),
        ),
    ),
  examples: [
    {
      files: {
        "src/framing/a.ts": "a(Bun.file(b));\nconst c = Date.now();\nconst d = new Date();\n",
        "src/task/a.ts": "a(setTimeout);\nsetInterval(b, 1);\nqueueMicrotask(c);\n",
        "src/policies/a.ts": "a(Math.random());\nb(performance.now());\nsetImmediate(c);\n",
        "src/protocols/a.ts": "const a = b + Date.now();\n",
        "src/transport/a.ts": 'import { file } from "bun";\nimport { setTimeout as b } from "c";\n',
        "src/services/a.ts": "console.log(1);\n",
        "test/a.ts": "console.log(1);\n",
      },
      finds: [
        ...["src/framing/a.ts:1", "src/framing/a.ts:2", "src/framing/a.ts:3"],
        ...["src/policies/a.ts:1", "src/policies/a.ts:2", "src/policies/a.ts:3"],
        ...["src/protocols/a.ts:1", "src/services/a.ts:1"],
        ...["src/task/a.ts:1", "src/task/a.ts:2", "src/task/a.ts:3"],
        ...["src/transport/a.ts:1", "src/transport/a.ts:2"],
      ],
    },
    {
      files: {
        "src/bun/a.ts": "a(setTimeout, Bun.nanoseconds());\nqueueMicrotask(performance.now);\n",
        "src/native/a.ts": 'import type { Socket } from "bun";\n',
        "src/protocols/a.ts": "function a(now = Date.now, b = () => new Date()) {}\n",
        "src/task/a.ts": "this.setTimeout.b(); // Bun.file\nnew Date(b);\n",
        "src/cli/a.ts": 'console.log(Bun.argv, "setTimeout");\n',
        "bench/a.ts": "console.log(Math.random());\n",
      },
      finds: [],
    },
  ],
};

const CONSOLE: Rule = {
  name: "only src/cli, bench and examples print to the console",
  check: (project) =>
    [...project.sources.values()]
      .filter((file) => !/^(?:src\/cli|bench|examples)\//.test(file.path))
      .flatMap((file) =>
        findingsIn(file, AMBIENT.console, "prints; hand it to a Logger, or write it to a stream"),
      ),
  examples: [
    {
      files: {
        "src/task/a.ts": "a();\nconsole.log(b);\n",
        "src/services/a.ts": 'console.error("a");\n',
        "test/a.test.ts": "console.log(a);\n",
      },
      finds: ["src/task/a.ts:2", "src/services/a.ts:1", "test/a.test.ts:1"],
    },
    {
      files: {
        "src/cli/a.ts": "console.log(a);\n",
        "bench/a.ts": "console.log(a);\n",
        "examples/a.ts": "console.log(a);\n",
        "src/task/a.ts": 'a.console.log("console.log"); // console.log\n',
      },
      finds: [],
    },
  ],
};

export const AMBIENT_RULES: readonly Rule[] = [SOCKETS, AMBIENT_USES, CONSOLE];

/** The allowances for one file that it does not need: each is a line to delete. */
export function staleAllowances(project: Project, allowances: readonly Allowance[]): string[] {
  return allowances
    .filter(({ where }) => where.endsWith(".ts"))
    .filter((allowance) => {
      const file = project.sources.get(allowance.where);
      return file === undefined || !usesIn(file).some((use) => covers(allowance, file, use));
    })
    .map(({ where, what }) => `${where} does not use ${what.join(", ")}`);
}

interface AmbientUse {
  readonly name: AmbientName;
  readonly offset: number;
}

function usesIn(file: SourceFile): AmbientUse[] {
  const names = Object.keys(AMBIENT) as AmbientName[];
  const written = names.flatMap((name) =>
    [...file.code.matchAll(AMBIENT[name])].map(({ index }) => ({ name, offset: index })),
  );
  const imported = moduleImports(file)
    .filter(({ specifier, names: taken }) => specifier === "bun" && !taken.every((t) => t.typeOnly))
    .map(({ offset }) => ({ name: "Bun" as const, offset }));
  return [...written, ...imported].sort((a, b) => a.offset - b.offset);
}

function covers({ where, what, asDefault }: Allowance, file: SourceFile, use: AmbientUse): boolean {
  if (!file.path.startsWith(where) || !what.includes(use.name)) return false;
  return asDefault !== true || /=\s*(?:\(\)\s*=>\s*)?$/.test(file.code.slice(0, use.offset));
}
