import type { Decision } from "./schedule.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import type { BrokenInvariant } from "./simulation-result.ts";

/** What `explore` found out about a seed that fails. */
export interface Finding {
  /** Which run it was, from 1; 0 is the one without any faults. */
  readonly run: number;
  readonly runs: number;
  /** What it was run with, besides the seed. */
  readonly settings: SimulationOptions;
  /** The run as it failed. */
  readonly whole: BrokenInvariant;
  /** The same, with what is not needed taken away. */
  readonly short: BrokenInvariant;
  /** The decisions that are needed. */
  readonly keys: readonly string[];
  /** How many shorter schedules were tried. */
  readonly tries: number;
}

/** How much of a long list is shown. */
const MAX_DECISIONS = 30;
const MAX_TRACE_LINES = 60;
/** How much of a long trace is its beginning. */
const FIRST_TRACE_LINES = 20;

/** The finding for people: what broke, why, and how to see it again. */
export function findingText(finding: Finding): string {
  const { run, runs, settings, whole, short, keys, tries } = finding;
  // With `only`, what else there may be does not matter.
  const { faults: _faults, ...others } = settings;
  const { seed, decisions } = whole.result;
  const count = decisions.length === 1 ? "1 decision" : `${decisions.length} decisions`;
  const when = run === 0 ? "without any faults" : `in run ${run} of ${runs}`;
  return [
    `An invariant broke ${when}, with seed ${seed}: ${(whole.cause as Error).message}`,
    "",
    `The schedule: ${count} in ${whole.result.durationMs} ms`,
    ...decisionLines(decisions),
    "",
    `Shortened in ${tries} tries: ${(short.cause as Error).message}`,
    ...decisionLines(short.result.decisions),
    "",
    "What happened then:",
    ...traceLines(short.result.trace),
    "",
    `To see it again: ${callText(seed, { ...others, only: keys })}`,
    ...(run === 0 ? [] : [`The whole run: ${callText(seed, settings)}`]),
  ].join("\n");
}

/** The call of `simulate` that repeats a run. */
function callText(seed: number, options: SimulationOptions): string {
  const fields = Object.entries(options).map(([name, value]) => {
    const plain: unknown = name === "localHosts" ? [...(value as Iterable<string>)] : value;
    return `${name}: ${JSON.stringify(plain)}`;
  });
  if (fields.length === 0) return `simulate(${seed}, scenario)`;
  return `simulate(${seed}, scenario, { ${fields.join(", ")} })`;
}

function decisionLines(decisions: readonly Decision[]): string[] {
  const width = Math.max(0, ...decisions.map(({ key }) => key.length));
  const lines = decisions.map(
    ({ atMs, key, meaning }) => `${String(atMs).padStart(8)} ms  ${key.padEnd(width)}  ${meaning}`,
  );
  if (lines.length === 0) return ["            none: it happens on a perfect network too"];
  if (lines.length <= MAX_DECISIONS) return lines;
  const more = lines.length - MAX_DECISIONS;
  return [...lines.slice(0, MAX_DECISIONS), `            and ${more} more`];
}

/** The beginning is where it comes from, the end where it breaks; what is between is cut out. */
function traceLines(trace: readonly string[]): string[] {
  const more = trace.length - MAX_TRACE_LINES;
  if (more <= 0) return [...trace];
  return [
    ...trace.slice(0, FIRST_TRACE_LINES),
    `            ${more} lines between`,
    ...trace.slice(FIRST_TRACE_LINES + more),
  ];
}
