import { type Finding, findingText } from "./explore-report.ts";
import { failurePlace } from "./failure-place.ts";
import { FAULT_KINDS, type FaultKind } from "./fault-kind.ts";
import { shortened } from "./schedule-shortening.ts";
import { simulate } from "./simulate.ts";
import { type Scenario, SimulatedNetwork } from "./simulated-network.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import { BrokenInvariant, type SimulationResult } from "./simulation-result.ts";

/** How many networks to try, and which. */
export interface ExploreOptions extends SimulationOptions {
  /** How many runs there are, besides the one without faults that comes first. */
  readonly runs: number;
  /** The seed of the first run; each later one has the next number. */
  readonly seed: number;
  /** How many shorter schedules are tried when one fails; 500 unless told. */
  readonly maxTries?: number;
}

/** What `explore` did, when nothing broke. */
export interface Exploration {
  readonly runs: number;
  /** Events of all runs. */
  readonly steps: number;
  /** In how many runs each fault took effect. */
  readonly faults: Readonly<Record<FaultKind, number>>;
}

/** An invariant broke in one of the runs of `explore`; the message tells everything. */
export class ExplorationError extends Error {
  override readonly name = "ExplorationError";
  /** What `simulate` needs to fail in the same way. */
  readonly seed: number;
  readonly only: readonly string[];

  constructor(finding: Finding) {
    super(findingText(finding), { cause: finding.short.cause });
    this.seed = finding.whole.result.seed;
    this.only = finding.keys;
  }
}

/** Enough to take some hundred decisions apart. */
const DEFAULT_MAX_TRIES = 500;

/**
 * Runs a scenario on many networks, each from a seed of its own, and before that once on a perfect
 * one. Stops at the first broken invariant, and says what is needed to see it again and to
 * understand it: the seed, the schedule of faults, and the part of the schedule that is enough.
 *
 * @throws {ExplorationError} when an invariant breaks
 * @throws {RangeError} for numbers that are not whole, a bad limit, or a fault there is not
 */
export function explore(options: ExploreOptions, scenario: Scenario): Exploration {
  const { runs, seed, maxTries = DEFAULT_MAX_TRIES, ...settings } = options;
  if (!(runs >= 0 && Number.isSafeInteger(runs))) {
    throw new RangeError(`Cannot explore ${runs} runs: a whole number of at least 0 is needed`);
  }
  if (!(maxTries >= 0)) {
    throw new RangeError(`maxTries of ${maxTries} is not a number of at least 0`);
  }
  const faults = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<
    FaultKind,
    number
  >;
  let steps = 0;
  for (let run = 0; run <= runs; run++) {
    const runSeed = run === 0 ? seed : (seed + run - 1) >>> 0;
    const runSettings = run === 0 ? { ...settings, only: [] } : settings;
    const outcome = tried(runSeed, scenario, runSettings);
    if (outcome instanceof BrokenInvariant) {
      throw explained(run, runSeed, scenario, { ...options, maxTries });
    }
    steps += outcome.steps;
    for (const kind of outcome.faults) faults[kind]++;
  }
  return { runs, steps, faults };
}

/** Runs it without keeping what happens, which is several times as fast. */
function tried(
  seed: number,
  scenario: Scenario,
  options: SimulationOptions,
): SimulationResult | BrokenInvariant {
  return outcomeOf(() => {
    const network = new SimulatedNetwork({ ...options, seed, recording: false });
    network.begin(scenario);
    return network.finish();
  });
}

/** Runs it again, and finds out which of its decisions are needed. */
function explained(
  run: number,
  seed: number,
  scenario: Scenario,
  options: Required<Pick<ExploreOptions, "maxTries">> & ExploreOptions,
): Error {
  const { runs, seed: _first, maxTries, ...settings } = options;
  const again = (only: readonly string[] | undefined) =>
    outcomeOf(() =>
      simulate(seed, scenario, only === undefined ? settings : { ...settings, only }),
    );
  const whole = again(run === 0 ? [] : settings.only);
  if (!(whole instanceof BrokenInvariant)) {
    return new Error(
      `Run ${run} with seed ${seed} failed once and not again: the scenario or its protocols do ` +
        "something by real chance or real time, or keep something from run to run",
    );
  }
  const keys = whole.result.decisions.map(({ key }) => key);
  // What is left must fail as the whole does: another fault of the protocols is another finding.
  const place = failurePlace(whole.cause);
  const { items, tries } = shortened(keys, maxTries, (only) => {
    const outcome = tried(seed, scenario, { ...settings, only });
    return outcome instanceof BrokenInvariant && failurePlace(outcome.cause) === place;
  });
  const last = again(items);
  const short = last instanceof BrokenInvariant ? last : whole;
  return new ExplorationError({ run, runs, settings, whole, short, keys: items, tries });
}

function outcomeOf(run: () => SimulationResult): SimulationResult | BrokenInvariant {
  try {
    return run();
  } catch (error) {
    if (error instanceof BrokenInvariant) return error;
    throw error;
  }
}
