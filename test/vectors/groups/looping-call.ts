import type { Clock, DelayedCall } from "../../../src/reactor/clock.ts";
import { LoopingCall } from "../../../src/task/looping-call.ts";
import { sleep } from "../../../src/task/sleep.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { settled } from "../../task/settled.ts";
import { mapped, notA } from "../notation/kind.ts";
import {
  choice,
  flag,
  number,
  onMicrosecondGrid,
  seconds,
  wholeNumber,
} from "../notation/scalars.ts";
import {
  fields,
  listOf,
  record,
  unsaid,
  verbs,
  type VerbsOf,
  withDefault,
} from "../notation/shapes.ts";
import { UNSAID } from "../strict-comparison.ts";
import { type Observation, type VectorGroup, vectorGroup } from "../vector-group.ts";

const OPERATIONS = {
  advance: [seconds],
  /** The loop was blocked: time moves in one leap. */
  jump: [seconds],
  pump: [listOf(seconds)],
  stop: [],
  reset: [],
} as const;

/** What a call does. */
const BODIES = {
  stop: [],
  throw: [],
  /** Returns a promise that is settled so much later. */
  wait: [seconds],
  reject: [withDefault(seconds, 0)],
  /** Takes so long itself: nothing else runs meanwhile. */
  jump: [seconds],
} as const;

type Operation = VerbsOf<typeof OPERATIONS>;
type Body = VerbsOf<typeof BODIES>;

/** When a call was made, and for how many intervals where the vector counts. */
const call = mapped(listOf(number), ([at, ...count], place) => {
  if (at === undefined || count.length > 1) throw notA("[TIME] or [TIME, COUNT]", count, place);
  return [onMicrosecondGrid(at * 1_000), ...count];
});

/** What the n-th call does, by n. */
const bodies = mapped(record(verbs(BODIES)), (given, place) => {
  for (const key of given.keys()) {
    if (!/^[1-9]\d*$/.test(key)) throw notA("the number of a call, from 1 on,", key, place);
  }
  return given;
});

const expectation = mapped(
  fields({
    calls: unsaid(listOf(call)),
    callCount: unsaid(wholeNumber),
    running: flag,
    outcome: choice("pending", "resolved", "rejected"),
  }),
  (expected, place) => {
    if (expected.calls !== UNSAID || expected.callCount !== UNSAID) return expected;
    throw place.error('lacks the key "calls", or "callCount" instead');
  },
);

/** Calls at regular intervals, on both kinds of clock. */
export const LOOPING_CALL: VectorGroup = vectorGroup({
  name: "loopingCall",
  input: {
    interval: seconds,
    now: flag,
    withCount: flag,
    body: bodies,
    ops: listOf(verbs(OPERATIONS)),
  },
  expect: expectation,
  async observe(input) {
    const observations: Observation[] = [];
    for (const move of ["advance", "jump"] as const) {
      const outcome = await new LoopScript(input, move).outcomeOf(input.ops);
      observations.push({ how: `on a clock that moves by ${move}`, outcome });
    }
    return observations;
  },
});

interface LoopInput {
  readonly interval: number;
  readonly now: boolean;
  readonly withCount: boolean;
  readonly body: ReadonlyMap<string, Body>;
}

/** A clock on which a call can take time: it is that much later until `catchUp`. */
class BlockableClock implements Clock {
  readonly #clock = new ManualClock();
  #blockedMs = 0;

  get pending(): number {
    return this.#clock.pending;
  }

  now(): number {
    return this.#clock.now() + this.#blockedMs;
  }

  callLater(delayMs: number, due: () => void): DelayedCall {
    return this.#clock.callLater(this.#blockedMs + delayMs, due);
  }

  move(how: "advance" | "jump", ms: number): void {
    this.#clock[how](ms);
  }

  block(ms: number): void {
    this.#blockedMs += ms;
  }

  /** Runs what came due while a call took its time. */
  catchUp(): void {
    while (this.#blockedMs > 0) {
      const ms = this.#blockedMs;
      this.#blockedMs = 0;
      this.#clock.jump(ms);
    }
  }
}

/** Runs a vector and records the calls, in milliseconds. */
class LoopScript {
  readonly #clock = new BlockableClock();
  readonly #calls: number[][] = [];
  readonly #loop = new LoopingCall(this.#clock, (count) => this.#called(count));
  readonly #input: LoopInput;
  readonly #move: "advance" | "jump";
  #outcome = "pending";

  constructor(input: LoopInput, move: "advance" | "jump") {
    this.#input = input;
    this.#move = move;
  }

  async outcomeOf(ops: readonly Operation[]): Promise<object> {
    const { interval, now } = this.#input;
    this.#loop.start(interval, { now }).then(
      () => (this.#outcome = "resolved"),
      () => (this.#outcome = "rejected"),
    );
    await this.#settle();
    for (const op of ops) await this.#perform(op);
    const { running } = this.#loop;
    if (!running && this.#clock.pending > 0) throw new Error("A loop that ended left a timed call");
    const callCount = this.#calls.length;
    return { calls: this.#calls, callCount, running, outcome: this.#outcome };
  }

  async #perform(op: Operation): Promise<void> {
    switch (op[0]) {
      case "advance":
        this.#clock.move(this.#move, op[1]);
        break;
      case "jump":
        this.#clock.move("jump", op[1]);
        break;
      case "pump":
        for (const step of op[1]) await this.#perform(["advance", step]);
        break;
      case "stop":
      case "reset":
        this.#loop[op[0]]();
        break;
    }
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await settled();
    this.#clock.catchUp();
    await settled();
  }

  #called(count: number): unknown {
    const at = onMicrosecondGrid(this.#clock.now());
    this.#calls.push(this.#input.withCount ? [at, count] : [at]);
    const body = this.#input.body.get(String(this.#calls.length));
    switch (body?.[0]) {
      case undefined:
        return undefined;
      case "stop":
        return this.#loop.stop();
      case "throw":
        throw new Error("thrown by the call");
      case "wait":
        return sleep(this.#clock, body[1]);
      case "reject":
        return sleep(this.#clock, body[1]).then(() => {
          throw new Error("rejected by the call");
        });
      case "jump":
        return this.#clock.block(body[1]);
    }
  }
}
