/** `bun run bench` as a program. */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAM = join(import.meta.dir, "..", "..", "bench", "main.ts");
const LIMIT_MS = 60_000;

async function run(...args: string[]) {
  const child = Bun.spawn([process.execPath, PROGRAM, ...args], { stderr: "pipe" });
  const [status, output, errors] = await Promise.all([
    child.exited,
    child.stdout.text(),
    child.stderr.text(),
  ]);
  return { status, output, errors };
}

describe("bun run bench", () => {
  test(
    "prints a table and writes all rounds to a file, with where and how they were measured",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "pretzel-bench-"));
      try {
        const path = join(folder, "results.json");
        const { status, output } = await run("micro/timers", "--smoke", "--json", path);
        expect(status).toBe(0);
        expect(output).toMatch(/^clock +operation +pending +ns\/operation/m);
        const { environment, settings, results } = await Bun.file(path).json();
        expect(environment).toMatchObject({ command: expect.stringContaining("micro/timers") });
        for (const key of ["bun", "kernel", "cpu", "cores", "revision", "date"]) {
          expect(environment[key]).toBeTruthy();
        }
        expect(settings).toMatchObject({ size: "smoke", rounds: 2 });
        expect(results[0].name).toBe("micro/timers");
        expect(results[0].rows[0].measures["ns/operation"].samples.length).toBe(2);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    LIMIT_MS,
  );

  test("lists the benchmarks with --help", async () => {
    const { status, output } = await run("--help");
    expect(status).toBe(0);
    expect(output).toMatch(/^ {2}dispatch-overhead +echo/m);
  });

  test("says which benchmarks there are when there is none of a name, with status 64", async () => {
    const { status, errors } = await run("nothing");
    expect(status).toBe(64);
    expect(errors).toContain("There is no benchmark nothing; there are\n  send-strategies");
  });

  test("refuses a wrong option with status 64", async () => {
    const { status, errors } = await run("--fast");
    expect(status).toBe(64);
    expect(errors).toContain("bun run bench --help tells more");
  });
});
