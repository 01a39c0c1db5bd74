import { FAULT_KINDS, type FaultKind } from "./fault-kind.ts";
import { faultMeaning } from "./fault-meaning.ts";
import { mixed } from "./schedule-hash.ts";

/** Where decisions are taken: one direction of a connection, a connection or a sender. */
export interface ScheduleSite {
  /** Such as `1>`: connection 1, from client to server. */
  readonly name: string;
  /** Different for each site of one run, and the same in each run with the same seed. */
  readonly id: number;
}

/** A decision against the protocols that took effect. */
export interface Decision {
  /** When it first took effect, in milliseconds of virtual time. */
  readonly atMs: number;
  /** What `only` names it by, such as `1> cut 9`. */
  readonly key: string;
  /** The same for people. */
  readonly meaning: string;
}

/** Whoever writes down what happens in a run. */
export interface ScheduleRecorder {
  /** The virtual time, in milliseconds. */
  now(): number;
  note(line: string): void;
}

/** What a schedule is made of besides its seed. */
interface ScheduleOptions {
  /** The faults that there may be; all of them unless told. */
  readonly faults?: readonly FaultKind[];
  /** The keys of the only decisions that may go against the protocols; all may unless told. */
  readonly only?: readonly string[];
}

/** As the place of a decision that is taken once for a whole site. */
export const ONCE = -1;

/** How likely a fault is where it can happen, by its strength in this run; 0 is never. */
const PROBABILITIES = [0, 1 / 16, 1 / 4, 3 / 4] as const;

/** How strong a fault is in one run: 0, which half of the runs have, to 3. */
type FaultStrength = 0 | 1 | 2 | 3;

const STRENGTHS: readonly FaultStrength[] = [0, 0, 0, 1, 2, 3];

/** Told apart from the decisions' own numbers. */
const STRENGTH_SALT = 0x5eed;

const INDEX_OF: ReadonlyMap<FaultKind, number> = new Map(
  FAULT_KINDS.map((kind, index) => [kind, index]),
);

/**
 * All decisions of one run, each a function of the seed and of what is decided. Which faults there
 * are, and how strong, is decided for the whole run first: runs with one fault alone find what runs
 * with all of them drown.
 */
export class Schedule {
  readonly #seed: number;
  readonly #recorder: ScheduleRecorder;
  readonly #strengths: readonly FaultStrength[];
  readonly #only: ReadonlySet<string> | null;
  readonly #decisions: Map<string, Decision> | null;
  #kindsTaken = 0;

  /**
   * @param seed a whole number, of which the lower 32 bits count
   * @param recording whether to keep the decisions, and tell the recorder of them
   * @throws {RangeError} for a seed that is no whole number, or a fault that there is not
   */
  constructor(
    seed: number,
    recorder: ScheduleRecorder,
    recording: boolean,
    options: ScheduleOptions,
  ) {
    const { faults, only } = options;
    if (!Number.isSafeInteger(seed)) throw new RangeError(`A seed of ${seed} is no whole number`);
    checkFaults(faults ?? []);
    this.#seed = mixed(seed >>> 0, 0);
    this.#recorder = recorder;
    this.#only = only === undefined ? null : new Set(only);
    this.#decisions = recording ? new Map() : null;
    const salted = mixed(this.#seed, STRENGTH_SALT);
    this.#strengths = FAULT_KINDS.map((kind, index) => {
      if (faults !== undefined && !faults.includes(kind)) return 0;
      return STRENGTHS[mixed(salted, index) % STRENGTHS.length] ?? 0;
    });
  }

  /** How strong `kind` is in this run. */
  strength(kind: FaultKind): FaultStrength {
    return this.#strengths[INDEX_OF.get(kind) ?? 0] ?? 0;
  }

  /** The number of one possible decision; 32 random bits. */
  hash(kind: FaultKind, site: ScheduleSite, at: number): number {
    return mixed(mixed(mixed(this.#seed, INDEX_OF.get(kind) ?? 0), site.id), at);
  }

  /**
   * Whether `kind` happens at this place.
   *
   * @param at tells the places of one site apart, such as an offset; `ONCE` where there is one
   * @param scale multiplies its probability, for faults of which one is plenty
   * @returns 32 random bits when it does, -1 when not
   */
  decide(kind: FaultKind, site: ScheduleSite, at: number, scale = 1): number {
    const probability = PROBABILITIES[this.strength(kind)] * scale;
    if (probability === 0) return -1;
    const hash = this.hash(kind, site, at);
    if (hash >= probability * 2 ** 32) return -1;
    if (this.#only !== null && !this.#only.has(keyOf(kind, site, at))) return -1;
    return mixed(hash, 1);
  }

  /** A decision has taken effect, perhaps again. @param value its size, for `faultMeaning` */
  took(kind: FaultKind, site: ScheduleSite, at: number, value: number): void {
    this.#kindsTaken |= 1 << (INDEX_OF.get(kind) ?? 0);
    if (this.#decisions === null) return;
    const key = keyOf(kind, site, at);
    if (this.#decisions.has(key)) return;
    const meaning = faultMeaning(kind, at, value);
    const atMs = this.#recorder.now();
    this.#decisions.set(key, { atMs, key, meaning });
    this.#recorder.note(`${site.name.padEnd(9)} * ${meaning}`);
  }

  /** The faults that took effect so far. */
  get kindsTaken(): readonly FaultKind[] {
    return FAULT_KINDS.filter((kind) => this.hasTaken(kind));
  }

  /** Whether a fault took effect. */
  hasTaken(kind: FaultKind): boolean {
    return (this.#kindsTaken & (1 << (INDEX_OF.get(kind) ?? 0))) !== 0;
  }

  /** Whether anything went against the protocols so far. */
  get hasInterfered(): boolean {
    return this.#kindsTaken !== 0;
  }

  /** What took effect so far, in order; nothing when it is not recorded. */
  get decisions(): readonly Decision[] {
    return [...(this.#decisions?.values() ?? [])];
  }
}

/** A misspelt fault would never happen, and whatever it was to try would seem to hold. */
function checkFaults(faults: readonly FaultKind[]): void {
  const unknown = faults.find((kind) => !INDEX_OF.has(kind));
  if (unknown === undefined) return;
  throw new RangeError(`${unknown} is no fault: one of ${FAULT_KINDS.join(", ")} is needed`);
}

function keyOf(kind: FaultKind, site: ScheduleSite, at: number): string {
  return at === ONCE ? `${site.name} ${kind}` : `${site.name} ${kind} ${at}`;
}
