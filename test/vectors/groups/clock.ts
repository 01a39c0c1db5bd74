import type { DelayedCall } from "../../../src/reactor/clock.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../../src/testing/memory-logger.ts";
import { type NotationError, unknownName } from "../notation/place.ts";
import { onMicrosecondGrid, seconds, text, wholeNumber } from "../notation/scalars.ts";
import {
  fields,
  listOf,
  named,
  record,
  tuple,
  verbs,
  type VerbsOf,
  withDefault,
} from "../notation/shapes.ts";
import { firstDifference } from "../strict-comparison.ts";
import { type Observation, type VectorGroup, vectorGroup } from "../vector-group.ts";

const OPERATIONS = {
  callLater: [seconds, text],
  cancel: [text],
  reset: [text, seconds],
  delay: [text, seconds],
  advance: [seconds],
  pump: [listOf(seconds)],
} as const;

const INSIDE_CALLS = {
  ...OPERATIONS,
  /** The call throws, and what is behind this is not done. */
  throw: [withDefault(text, "Error")],
} as const;

const insideCalls = named("inside", verbs(INSIDE_CALLS));

type Operation = VerbsOf<typeof INSIDE_CALLS>;

/** The two kinds of clock: what is due runs at its own time, or after time has moved. */
const MOVES = { "on a stepping clock": "advance", "on a jumping clock": "jump" } as const;

type Move = (typeof MOVES)[keyof typeof MOVES];

/** Timed calls; those that hold for Twisted hold for both kinds of clock. */
export const CLOCK: VectorGroup = vectorGroup({
  name: "clock",
  input: {
    ops: listOf(verbs(OPERATIONS)),
    onFire: record(listOf(insideCalls)),
  },
  expect: fields({
    fired: listOf(tuple(text, seconds)),
    errors: listOf(tuple(insideCalls, text)),
    now: seconds,
    pending: wholeNumber,
  }),
  *observe({ ops, onFire, basis }): Generator<Observation> {
    for (const [how, move] of Object.entries(MOVES)) {
      if (move === "advance" || basis === "twisted") {
        yield { how, outcome: new ClockScript(onFire, move).outcomeOf(ops) };
      }
    }
  },
});

/** Performs operations on a clock and records what happened, in milliseconds. */
class ClockScript {
  readonly #logger = new MemoryLogger();
  readonly #clock = new ManualClock({ logger: this.#logger });
  readonly #fired: [string, number][] = [];
  readonly #errors: [Operation, string][] = [];
  readonly #calls = new Map<string, DelayedCall>();
  readonly #onFire: ReadonlyMap<string, readonly Operation[]>;
  readonly #move: Move;
  /** What the calls were told to throw, which the clock is to report and survive. */
  readonly #thrown: Error[] = [];
  /** A mistake in the vector, which is not to be taken for an error of the clock. */
  #mistake: NotationError | null = null;

  constructor(onFire: ReadonlyMap<string, readonly Operation[]>, move: Move) {
    this.#onFire = onFire;
    this.#move = move;
  }

  outcomeOf(ops: readonly Operation[]): object {
    for (const op of ops) this.#attempt(op);
    for (const name of this.#onFire.keys()) this.#callOf(name);
    if (this.#mistake !== null) throw this.#mistake;
    const unreported = firstDifference(this.#logger.errors, this.#thrown);
    if (unreported !== null) throw new Error(`What calls threw is not reported: ${unreported}`);
    return {
      fired: this.#fired,
      errors: this.#errors,
      now: onMicrosecondGrid(this.#clock.now()),
      pending: this.#clock.pending,
    };
  }

  #attempt(op: Operation): void {
    try {
      this.#perform(op);
    } catch (error) {
      this.#errors.push([op, error instanceof Error ? error.name : String(error)]);
      if (op[0] === "throw") throw error;
    }
  }

  #perform(op: Operation): void {
    switch (op[0]) {
      case "callLater":
        this.#calls.set(
          op[2],
          this.#clock.callLater(op[1], () => this.#fire(op[2])),
        );
        break;
      case "cancel":
        this.#callOf(op[1])?.cancel();
        break;
      case "reset":
        this.#callOf(op[1])?.reset(op[2]);
        break;
      case "delay":
        this.#callOf(op[1])?.delay(op[2]);
        break;
      case "advance":
        this.#clock[this.#move](op[1]);
        break;
      case "pump":
        for (const step of op[1]) this.#clock[this.#move](step);
        break;
      case "throw":
        this.#throw(op[1]);
    }
  }

  #fire(name: string): void {
    this.#fired.push([name, onMicrosecondGrid(this.#clock.now())]);
    for (const op of this.#onFire.get(name) ?? []) this.#attempt(op);
  }

  #throw(name: string): never {
    const error = Object.assign(new Error("thrown by a call"), { name });
    this.#thrown.push(error);
    throw error;
  }

  #callOf(name: string): DelayedCall | undefined {
    const call = this.#calls.get(name);
    if (call === undefined) this.#mistake ??= unknownName("call", name, this.#calls.keys());
    return call;
  }
}
