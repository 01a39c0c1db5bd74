import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

let nextNamespace = 1;

/**
 * Why a test cannot have a network of its own; null when it can. One is made with ip(8), by root,
 * where the system lets it.
 */
export const namespaceMissingBecause = detect();

/** A network of its own, with nothing but a loopback interface that is up, for a test to shape. */
export class NetworkNamespace implements Disposable {
  readonly #name = `pretzel-${process.pid}-${nextNamespace++}`;

  constructor() {
    mustRun(["ip", "netns", "add", this.#name]);
    this.configure("ip link set lo up");
  }

  /** Has programs in the namespace ask `address` for names. Undone with the namespace. */
  useResolver(address: string): void {
    // ip(8) binds this folder's files over those of /etc.
    mkdirSync(`/etc/netns/${this.#name}`, { recursive: true });
    writeFileSync(`/etc/netns/${this.#name}/resolv.conf`, `nameserver ${address}\n`);
  }

  /** Runs a shell command in the namespace. @throws {Error} when it fails */
  configure(command: string): void {
    mustRun(["ip", "netns", "exec", this.#name, "sh", "-c", command]);
  }

  /**
   * Runs one of the programs beside this file in the namespace.
   *
   * @returns what it printed, as JSON
   */
  async run(program: string, ...parameters: string[]): Promise<unknown> {
    const path = `${import.meta.dir}/${program}`;
    const child = Bun.spawn(
      ["ip", "netns", "exec", this.#name, process.execPath, path, ...parameters],
      { stdout: "pipe", stderr: "pipe" },
    );
    const [output, errors, status] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    if (status !== 0) throw new Error(`${basename(path)} ended with ${status}: ${errors}`);
    return JSON.parse(output);
  }

  [Symbol.dispose](): void {
    rmSync(`/etc/netns/${this.#name}`, { recursive: true, force: true });
    mustRun(["ip", "netns", "del", this.#name]);
  }
}

function detect(): string | null {
  if (process.getuid?.() !== 0) return "only root makes network namespaces";
  if (Bun.which("ip") === null) return "the program ip is missing";
  const probe = `pretzel-probe-${process.pid}`;
  const { exitCode, stderr } = Bun.spawnSync(["ip", "netns", "add", probe]);
  if (exitCode !== 0) return `a network namespace cannot be made: ${stderr.toString().trim()}`;
  Bun.spawnSync(["ip", "netns", "del", probe]);
  return null;
}

function mustRun(command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode === 0) return;
  throw new Error(`${command.join(" ")} failed: ${stderr.toString().trim()}`);
}
