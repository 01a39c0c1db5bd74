/**
 * Tries random inputs on everything that reads bytes from a network:
 *
 *     bun test/fuzz/main.ts [--runs N] [--seed S] [TARGET]
 *
 * Run N of a seed is run 1 of the seed N - 1 higher, so what a failure prints repeats it at once.
 */
import { parseArgs } from "node:util";
import { FUZZ_TARGETS } from "./fuzz-targets.ts";
import { runTarget } from "./run-target.ts";

/** Inputs for each target unless told: some seconds in all. */
const DEFAULT_RUNS = 10_000;

const EXIT_FAILED = 1;
const EXIT_USAGE = 64;

function main(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { runs: { type: "string" }, seed: { type: "string" } },
  });
  const runs = Number(values.runs ?? DEFAULT_RUNS);
  const seed = Number(values.seed ?? Date.now() % 2 ** 32);
  const targets = FUZZ_TARGETS.filter(({ name }) => positionals.every((wanted) => name === wanted));
  if (!Number.isSafeInteger(runs) || !Number.isSafeInteger(seed) || targets.length === 0) {
    const names = FUZZ_TARGETS.map(({ name }) => name).join(" ");
    process.stderr.write(`Usage: bun test/fuzz/main.ts [--runs N] [--seed S] [TARGET]\n${names}\n`);
    return EXIT_USAGE;
  }
  let failed = 0;
  for (const target of targets) {
    const start = performance.now();
    const failure = runTarget(target, runs, seed);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (failure === null) {
      process.stdout.write(`${target.name}: ${runs} runs from seed ${seed}, ${seconds} s\n`);
      continue;
    }
    failed++;
    const again = `bun test/fuzz/main.ts --runs 1 --seed ${failure.seed} ${target.name}`;
    process.stdout.write(`${target.name} failed: ${again}\n${Bun.inspect(failure.error)}\n`);
  }
  return failed === 0 ? 0 : EXIT_FAILED;
}

if (import.meta.main) process.exitCode = main(Bun.argv.slice(2));
