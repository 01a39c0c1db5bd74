import { ENTRY_POINTS, PROGRAM } from "./import-table.ts";
import { type ModuleImport, moduleImports, resolveImport } from "./imports.ts";
import type { Project } from "./project.ts";
import { type Finding, finding, type Rule } from "./rule.ts";
import type { SourceFile } from "./source-file.ts";

/** The files of `project` that `entries` lead to by any import, and those entries that exist. */
export function reachableFrom(project: Project, entries: readonly string[]): SourceFile[] {
  const reached = new Set(entries.flatMap((path) => project.sources.get(path) ?? []));
  // A set hands out what is added to it while it is walked.
  for (const file of reached) {
    for (const { target } of edgesOf(project, file)) reached.add(target);
  }
  return [...reached];
}

/** One import of a file of the project. */
interface Edge extends ModuleImport {
  readonly target: SourceFile;
}

/** For each file, what is loaded with it. */
type LoadGraph = ReadonlyMap<SourceFile, readonly Edge[]>;

const CYCLES: Rule = {
  name: "no files of src import each other in a circle, types included",
  check(project) {
    const findings: Finding[] = [];
    const inKnownCycle = new Set<SourceFile>();
    const graph = loadGraph(project);
    for (const file of graph.keys()) {
      const cycle = inKnownCycle.has(file) ? undefined : shortestCycle(graph, file);
      if (cycle === undefined) continue;
      for (const edge of cycle) inKnownCycle.add(edge.target);
      findings.push(describeCycle(file, cycle));
    }
    return findings;
  },
  examples: [
    {
      files: {
        "src/task/a.ts": 'import { C } from "../reactor/c.ts";\nimport { B } from "./b.ts";\n',
        "src/task/b.ts": 'import type { A } from "./a.ts";\n',
        "src/reactor/c.ts": 'type A = import("./c.ts").A;\n',
      },
      finds: ["src/task/a.ts:2", "src/reactor/c.ts:1"],
    },
    {
      files: {
        "src/task/a.ts": 'import { B } from "./b.ts";\nimport { C } from "./c.ts";\n',
        "src/task/b.ts": 'import { C } from "./c.ts";\n',
        "src/task/c.ts": '// import { A } from "./a.ts";\n',
        "src/task/worker.ts": 'new Worker(new URL("./worker.ts", import.meta.url));\n',
      },
      finds: [],
    },
  ],
};

const DEAD_FILES: Rule = {
  name: "every file of src is reached from the library or from the program",
  check(project) {
    const reached = new Set(reachableFrom(project, [...ENTRY_POINTS, PROGRAM]));
    const dead = project.sourcesIn("src/").filter((file) => !reached.has(file));
    return dead.map((file) =>
      finding(file, 0, "nothing that is shipped imports this file; export it, use it or delete it"),
    );
  },
  examples: [
    {
      files: {
        "src/index.ts": 'export * from "./task/a.ts";\n',
        "src/task/a.ts": "export const a = 1;\n",
        "src/task/b.ts": 'import { a } from "./a.ts";\n',
        "test/b.test.ts": 'import "../src/task/b.ts";\n',
      },
      finds: ["src/task/b.ts:1"],
    },
    {
      files: {
        "src/index.ts": 'export * from "./task/a.ts";\n',
        "src/task/a.ts": 'import type { B } from "./b.ts";\n',
        "src/task/b.ts": "export interface B {}\n",
        "src/testing/index.ts": 'export { a } from "./a.ts";\n',
        "src/testing/a.ts": "export const a = 1;\n",
        "src/cli/main.ts": 'new Worker(new URL("./worker.ts", import.meta.url));\n',
        "src/cli/worker.ts": "serve();\n",
      },
      finds: [],
    },
  ],
};

export const IMPORT_GRAPH_RULES: readonly Rule[] = [CYCLES, DEAD_FILES];

function edgesOf(project: Project, file: SourceFile): Edge[] {
  return moduleImports(file).flatMap((found) => {
    const target = resolveImport(project, file, found.specifier);
    return target === undefined ? [] : [{ ...found, target }];
  });
}

/** The edges of src. A file that is only named, as a worker's program is, is not loaded. */
function loadGraph(project: Project): LoadGraph {
  const loads = (file: SourceFile) => edgesOf(project, file).filter(({ kind }) => kind !== "url");
  return new Map(project.sourcesIn("src/").map((file) => [file, loads(file)]));
}

/** The shortest way from `start` back to itself. */
function shortestCycle(graph: LoadGraph, start: SourceFile): Edge[] | undefined {
  const seen = new Set<SourceFile>();
  const ways: Edge[][] = (graph.get(start) ?? []).map((edge) => [edge]);
  for (const way of ways) {
    const target = way.at(-1)?.target;
    if (target === start) return way;
    if (target === undefined || seen.has(target)) continue;
    seen.add(target);
    for (const edge of graph.get(target) ?? []) ways.push([...way, edge]);
  }
  return undefined;
}

function describeCycle(start: SourceFile, cycle: readonly Edge[]): Finding {
  const names = [start.path, ...cycle.map((edge) => edge.target.path)].join(" -> ");
  const problem = `imports in a circle: ${names}; put what they share into a file of its own`;
  return finding(start, cycle[0]?.offset ?? 0, problem);
}
