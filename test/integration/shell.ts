/** How long one script may take before it is killed; the longest asks a service a hundred times. */
const TIME_LIMIT_MS = 60_000;

/** How long a test with scripts may take, in milliseconds. */
export const TEST_LIMIT_MS = 90_000;

/** Whether the machine has this program. */
export function has(program: string): boolean {
  return Bun.which(program, { PATH: SEARCH_PATH }) !== null;
}

/** Some programs for the network are where only root looks by default. */
const SEARCH_PATH = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;

/** What a script wrote, and how it ended. */
export interface ScriptEnd {
  readonly output: Buffer;
  readonly errors: string;
  readonly status: number | null;
}

/** Runs a script of bash, in UTC and English, with nothing to read. */
export async function runScript(script: string): Promise<ScriptEnd> {
  await using shell = Bun.spawn(["bash", "-c", script], {
    env: { ...process.env, PATH: SEARCH_PATH, TZ: "UTC", LC_ALL: "C" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: TIME_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const [output, errors, status] = await Promise.all([
    shell.stdout.bytes(),
    shell.stderr.text(),
    shell.exited,
  ]);
  return { output: Buffer.from(output), errors, status };
}
