import { arch, cpus, release, totalmem, type as systemName } from "node:os";

/** Where and when something was measured: numbers from elsewhere are not to be compared with it. */
export interface Environment {
  readonly bun: string;
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** The commit, with `+changes` when files differ from it; `none` outside of a work tree. */
  readonly revision: string;
  /** UTC, in ISO 8601. */
  readonly date: string;
  readonly command: string;
}

/** What this process runs on. @param args the arguments it was started with */
export function describeEnvironment(args: readonly string[]): Environment {
  const processors = cpus();
  return {
    bun: `${Bun.version} (${Bun.revision.slice(0, 9)})`,
    kernel: `${systemName()} ${release()} ${arch()}`,
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    revision: gitRevision(),
    date: new Date().toISOString(),
    command: ["bun run bench", ...args].join(" "),
  };
}

/** Two lines to print above results. */
export function formatEnvironment(environment: Environment): string {
  const { bun, kernel, cpu, cores, memoryBytes, revision, date, command } = environment;
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB`;
  return (
    `${command}\n` +
    `Bun ${bun}, ${kernel}, ${cores} x ${cpu}, ${memory}, revision ${revision}, ${date}`
  );
}

function gitRevision(): string {
  if (Bun.which("git") === null) return "none";
  const commit = git("rev-parse", "--short=12", "HEAD");
  if (commit === null) return "none";
  return git("status", "--porcelain") === "" ? commit : `${commit}+changes`;
}

function git(...args: string[]): string | null {
  const { exitCode, stdout } = Bun.spawnSync(["git", ...args], {
    cwd: import.meta.dir,
    stderr: "ignore",
  });
  return exitCode === 0 ? stdout.toString().trim() : null;
}
