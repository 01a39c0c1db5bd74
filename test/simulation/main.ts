/**
 * Runs our own protocols through many schedules:
 * `bun test/simulation/main.ts [--runs N] [--seed S] [TARGET ...]`
 */
import { parseArgs } from "node:util";
import { explore } from "../../src/testing/explore.ts";
import { TARGETS } from "./all-targets.ts";
import { anySeed } from "./any-seed.ts";

const DEFAULT_RUNS = 100_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string" }, seed: { type: "string" } },
});
const runs = wholeNumber("--runs", values.runs, DEFAULT_RUNS);
const seed = wholeNumber("--seed", values.seed, anySeed());
const unknown = positionals.filter((name) => !TARGETS.some((target) => target.name === name));
if (unknown.length > 0) {
  const names = TARGETS.map(({ name }) => name).join(", ");
  complain(`There is no target ${unknown.join(", ")}; there are ${names}`);
  process.exit(2);
}

let failed = 0;
for (const { name, scenario, options } of TARGETS) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const startedAt = performance.now();
  try {
    const { steps } = explore({ ...options, runs, seed }, scenario);
    const seconds = (performance.now() - startedAt) / 1_000;
    const rate = Math.round(runs / seconds);
    say(`${name}: survived ${runs} runs from seed ${seed}, ${steps} events, ${rate} runs/s`);
  } catch (error) {
    failed++;
    complain(`${name}: ${error instanceof Error ? error.message : error}\n`);
  }
}
process.exit(failed === 0 ? 0 : 1);

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  complain(`${name} is ${text}: a whole number of at least 0 is needed`);
  process.exit(2);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}
