import { join } from "node:path/posix";
import type { Project } from "./project.ts";
import type { Finding, Rule } from "./rule.ts";

/** Joined here, so that this file names no such path itself. */
const MACHINE_FOLDERS = ["work", "root", "farm"];
const MACHINE_PATH = new RegExp(
  `(?<![\\w.~$})-])/(?:${MACHINE_FOLDERS.join("|")})/|\\.\\./shared/`,
);

const LINKS: Rule = {
  name: "a relative link in a page leads to a file that exists",
  check: (project) =>
    [...project.texts]
      .filter(([path]) => path.endsWith(".md"))
      .flatMap(([path, text]) => brokenLinks(project, path, text)),
  examples: [
    {
      files: {
        "README.md":
          "See [a](docs/a.md), [b](src/b.ts#L1) and\n[c](./docs/nothing/).\n\n[d]: e.md\n",
        "docs/a.md": "[f](README.md)\n",
      },
      finds: ["README.md:1", "README.md:2", "README.md:4", "docs/a.md:1"],
    },
    {
      files: {
        "README.md":
          "[a](docs/a.md#b), [b](docs), ![c](https://example.net/c.png), [d](#e), <f@g>\n" +
          "`[h](i.md)`\n\n```ts\nconst j = [k](l.md);\n```\n\n[m]: docs/a.md\n",
        "docs/a.md": '[f](../README.md "The start")\n',
      },
      finds: [],
    },
  ],
};

const MACHINE_PATHS: Rule = {
  name: "no file names a path of the machine it was written on",
  check: (project) =>
    [...project.texts].flatMap(([path, text]) =>
      findLines(path, text, (line) =>
        MACHINE_PATH.test(line)
          ? "names a path of somebody's machine; make it relative to the project"
          : undefined,
      ),
    ),
  examples: [
    {
      files: {
        "README.md": `Go.\ncd ${absolute("work", "main")}\n`,
        ".ci/run": `x=${absolute("root", "x")}\n`,
        "docs/a.md": `See ..${absolute("shared", "a.md")}\n`,
      },
      finds: ["README.md:2", ".ci/run:1", "docs/a.md:1"],
    },
    {
      files: { "docs/a.md": "node/work/ and https://example.net/root/ and /run/echo.sock\n" },
      finds: [],
    },
  ],
};

export const DOCUMENT_RULES: readonly Rule[] = [LINKS, MACHINE_PATHS];

function absolute(...names: string[]): string {
  return `/${names.join("/")}`;
}

function brokenLinks(project: Project, path: string, text: string): Finding[] {
  return findLines(path, withoutSamples(text), (line) => {
    const inline = [...line.matchAll(/\]\(\s*<?([^)\s>]+)/g)];
    const defined = [...line.matchAll(/^\s*\[[^\]]+\]:\s*(\S+)/g)];
    const broken = [...inline, ...defined]
      .map(([, target = ""]) => target)
      .find((target) => !leadsSomewhere(project, path, target));
    return broken === undefined
      ? undefined
      : `links to "${broken}", which is not there; correct the path, from this page's folder`;
  });
}

function leadsSomewhere(project: Project, page: string, target: string): boolean {
  if (/^(?:[a-z][a-z+.-]*:|#)/i.test(target)) return true;
  const path = join(page, "..", target.replace(/[#?].*$/, "")).replace(/\/$/, "");
  if (path === "." || project.texts.has(path)) return true;
  return project.texts.keys().some((existing) => existing.startsWith(`${path}/`));
}

/** `text` with its code blanked, line for line. */
function withoutSamples(text: string): string {
  return text
    .replace(/^(```|~~~)[\s\S]*?^\1/gm, (sample) => sample.replace(/[^\n]/g, " "))
    .replace(/`[^`\n]*`/g, (sample) => " ".repeat(sample.length));
}

/** A finding for each line that `judge` has a complaint about. */
function findLines(
  path: string,
  text: string,
  judge: (line: string) => string | undefined,
): Finding[] {
  return text.split("\n").flatMap((line, index) => {
    const problem = judge(line);
    return problem === undefined ? [] : [{ path, line: index + 1, problem }];
  });
}
