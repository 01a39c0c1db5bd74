/** What a timed call costs while many others are pending. */
import { BunReactor, type Clock, type DelayedCall } from "pretzel";
import { ManualClock } from "pretzel/testing";
import { mustEqual } from "../benchmark.ts";
import { microBenchmark, type MicroCase } from "./micro-benchmark.ts";

const PENDING = { full: [1_000, 100_000], smoke: [100] } as const;

/** Pending calls are due after one of these, so that none is while a benchmark runs. */
const EARLIEST_MS = 3_600_000;
const SPREAD_MS = 3_600_000;

/** Delays that come in no order and are the same in each run (a linear congruence). */
class Delays {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return EARLIEST_MS + (this.#state / 2 ** 32) * SPREAD_MS;
  }
}

/** How one kind of clock makes calls pend; `T` is what stands for one. */
interface Timers<T> {
  readonly name: string;
  start(delayMs: number): T;
  restart(pending: T, delayMs: number): void;
  cancel(pending: T): void;
  isPending(pending: T): boolean;
}

function timersOf(name: string, clock: Clock): Timers<DelayedCall> {
  return {
    name,
    start: (delayMs) => clock.callLater(delayMs, nothing),
    restart: (pending, delayMs) => pending.reset(delayMs),
    cancel: (pending) => pending.cancel(),
    isPending: (pending) => pending.active,
  };
}

/** The runtime's own, for reference; its `refresh` keeps the delay that the timer had. */
const RUNTIME_TIMERS: Timers<Timer> = {
  name: "setTimeout",
  start: (delayMs) => setTimeout(nothing, delayMs),
  restart: (pending) => void pending.refresh(),
  cancel: (pending) => clearTimeout(pending),
  isPending: (pending) => pending.hasRef(),
};

type Operation = "start and cancel" | "reset";

/** One operation among many pending calls. */
class TimerCase<T> implements MicroCase {
  readonly parameters: MicroCase["parameters"];
  readonly operations = 1;
  readonly #timers: Timers<T>;
  readonly #operation: Operation;
  readonly #delays: Delays;
  readonly #pending: T[];
  #next = 0;

  constructor(timers: Timers<T>, operation: Operation, pending: number, seed: number) {
    this.parameters = { clock: timers.name, operation, pending };
    this.#timers = timers;
    this.#operation = operation;
    this.#delays = new Delays(seed);
    this.#pending = Array.from({ length: pending }, () => timers.start(this.#delays.next()));
  }

  run(): void {
    const timers = this.#timers;
    if (this.#operation === "start and cancel") {
      timers.cancel(timers.start(this.#delays.next()));
    } else {
      this.#next = (this.#next + 1) % this.#pending.length;
      timers.restart(this.#pending[this.#next] as T, this.#delays.next());
    }
  }

  check(): void {
    const pending = this.#pending.filter((each) => this.#timers.isPending(each));
    mustEqual("Calls pending", pending.length, this.#pending.length);
  }

  [Symbol.dispose](): void {
    for (const each of this.#pending) this.#timers.cancel(each);
  }
}

/** A call that comes due and runs, among many that do not. */
class RunCase implements MicroCase {
  readonly parameters: MicroCase["parameters"];
  readonly operations = 1;
  readonly #clock = new ManualClock();
  #runs = 0;
  #called = 0;
  readonly #call = () => {
    this.#called++;
  };

  constructor(pending: number, seed: number) {
    this.parameters = { clock: "ManualClock", operation: "start and run", pending };
    const delays = new Delays(seed);
    for (let count = 0; count < pending; count++) this.#clock.callLater(delays.next(), nothing);
  }

  run(): void {
    this.#runs++;
    this.#clock.callLater(0, this.#call);
    this.#clock.advanceToNext();
  }

  check(): void {
    mustEqual("Calls that ran", this.#called, this.#runs);
  }

  [Symbol.dispose](): void {}
}

function nothing(): void {}

/** Timed calls among many others. */
export const MICRO_TIMERS = microBenchmark(
  "micro/timers",
  "making, moving, cancelling and running timed calls among many",
  (size, seed) =>
    PENDING[size].flatMap((pending): MicroCase[] => {
      const operations: readonly Operation[] = ["start and cancel", "reset"];
      return [
        ...operations.flatMap((operation) => [
          new TimerCase(timersOf("ManualClock", new ManualClock()), operation, pending, seed),
          new TimerCase(timersOf("BunReactor", new BunReactor()), operation, pending, seed),
          new TimerCase(RUNTIME_TIMERS, operation, pending, seed),
        ]),
        new RunCase(pending, seed),
      ];
    }),
);
