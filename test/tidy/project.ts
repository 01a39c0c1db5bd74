import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { SourceFile } from "./source-file.ts";

/** Not walked into where there is no git to ask what is ignored. */
const IGNORED_FOLDERS = new Set([".git", "node_modules", "coverage"]);

/** The files of the project, by their path from its root, with slashes. */
export class Project {
  /** Every text file. */
  readonly texts: ReadonlyMap<string, string>;
  /** The TypeScript files among them. */
  readonly sources: ReadonlyMap<string, SourceFile>;

  constructor(texts: ReadonlyMap<string, string>) {
    this.texts = texts;
    this.sources = new Map(
      [...texts]
        .filter(([path]) => path.endsWith(".ts"))
        .map(([path, text]) => [path, new SourceFile(path, text)]),
    );
  }

  /** The TypeScript files in any of `folders`, each given with its slash at the end. */
  sourcesIn(...folders: string[]): SourceFile[] {
    const isIn = (file: SourceFile) => folders.some((folder) => file.path.startsWith(folder));
    return [...this.sources.values()].filter(isIn);
  }
}

/** The project in the folder `root`: what git tracks or would track, or all of it without git. */
export function loadProject(root: string): Project {
  const paths = (gitFiles(root) ?? walk(root)).filter((path) => existsSync(join(root, path)));
  const texts = paths.sort().map((path) => [path, readFileSync(join(root, path), "utf8")] as const);
  return new Project(new Map(texts.filter(([, text]) => !text.includes("\0"))));
}

/** The tracked files and the new ones that are not ignored; null when `root` is no work tree. */
function gitFiles(root: string): string[] | null {
  if (Bun.which("git") === null) return null;
  // A tarball may be unpacked inside the work tree of another project, which tracks none of it.
  const top = runGit(root, ["rev-parse", "--show-toplevel"])?.trim();
  if (top === undefined || realpathSync(top) !== realpathSync(root)) return null;
  const listed = runGit(root, ["ls-files", "-z", "-co", "--exclude-standard"]);
  return listed?.split("\0").filter((path) => path !== "") ?? null;
}

function runGit(root: string, command: string[]): string | undefined {
  const { exitCode, stdout } = Bun.spawnSync(["git", ...command], { cwd: root, stderr: "ignore" });
  return exitCode === 0 ? stdout.toString() : undefined;
}

function walk(root: string, folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return IGNORED_FOLDERS.has(entry.name) ? [] : walk(root, path);
    return entry.isFile() && !entry.name.endsWith(".log") ? [path] : [];
  });
}
