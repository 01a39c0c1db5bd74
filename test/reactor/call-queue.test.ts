import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CallQueue } from "../../src/reactor/call-queue.ts";
import { AlreadyCalled, AlreadyCancelled, type DelayedCall } from "../../src/reactor/clock.ts";

/** One call of the naive model: a list that is searched and sorted each time. */
interface ModelCall {
  readonly id: number;
  time: number;
  age: number;
}

/** A queue with a clock that is set by hand. */
class Bench {
  now = 0;
  headChanges = 0;
  readonly ran: number[] = [];
  readonly queue = new CallQueue(
    () => this.now,
    () => void this.headChanges++,
  );

  add(delayMs: number, id = 0): DelayedCall {
    return this.queue.add(delayMs, () => void this.ran.push(id));
  }

  /** Runs all that is due, as a clock does. */
  runDue(): void {
    const { nextSequence } = this.queue;
    for (;;) {
      const call = this.queue.takeDue(this.now, nextSequence);
      if (call === undefined) break;
      call();
    }
    this.queue.putBack();
  }
}

describe("CallQueue", () => {
  test("calls come out by time, and by age where the times are equal", () => {
    const bench = new Bench();
    for (const [delay, id] of [
      [5, 1],
      [3, 2],
      [5, 3],
      [1, 4],
      [3, 5],
    ] as const) {
      bench.add(delay, id);
    }
    bench.now = 5;
    bench.runDue();
    expect(bench.ran).toEqual([4, 2, 5, 1, 3]);
    expect(bench.queue.length).toBe(0);
  });

  test("nothing comes out before its time", () => {
    const bench = new Bench();
    bench.add(10);
    bench.now = 9.999;
    bench.runDue();
    expect(bench.ran).toEqual([]);
    expect(bench.queue.earliest).toBe(10);
  });

  test("the owner is told when another call becomes the earliest, and only then", () => {
    const bench = new Bench();
    const first = bench.add(10);
    bench.add(20);
    expect(bench.headChanges).toBe(1);
    const third = bench.add(5);
    expect(bench.headChanges).toBe(2);
    third.delay(1);
    expect(bench.headChanges).toBe(3);
    first.delay(100);
    expect(bench.headChanges).toBe(3);
  });

  test("a call moved to the time of another comes behind it", () => {
    const bench = new Bench();
    const moved = bench.add(1, 1);
    bench.add(5, 2);
    moved.reset(5);
    bench.now = 5;
    bench.runDue();
    expect(bench.ran).toEqual([2, 1]);
  });

  test("a call made in this round waits for the next, however short its delay", () => {
    const bench = new Bench();
    bench.queue.add(0, () => void bench.add(0, 2));
    bench.add(0, 1);
    bench.runDue();
    expect(bench.ran).toEqual([1]);
    bench.runDue();
    expect(bench.ran).toEqual([1, 2]);
  });

  test("what is set aside is left out until it is put back, and can be changed meanwhile", () => {
    const bench = new Bench();
    bench.add(1, 1);
    const cancelled = bench.add(2, 2);
    const moved = bench.add(2, 3);
    bench.add(3, 4);
    bench.now = 3;
    bench.queue.setAsideDue(2);
    expect(bench.queue.earliest).toBe(3);
    expect(bench.queue.length).toBe(4);
    cancelled.cancel();
    moved.reset(1);
    bench.queue.takeDue(bench.now, bench.queue.nextSequence)?.();
    expect(bench.ran).toEqual([4]);
    bench.queue.putBack();
    expect(bench.queue.earliest).toBe(1);
    bench.now = 4;
    bench.runDue();
    expect(bench.ran).toEqual([4, 1, 3]);
  });

  test("a call moved into the past in a round waits for the next, and is then the first", () => {
    const bench = new Bench();
    const moved = bench.add(50, 1);
    bench.queue.add(10, () => moved.delay(-49));
    bench.add(20, 2);
    bench.now = 20;
    bench.runDue();
    expect(bench.ran).toEqual([2]);
    expect(moved.time).toBe(1);
    bench.add(0, 3);
    bench.runDue();
    expect(bench.ran).toEqual([2, 1, 3]);
  });

  // With a search of the others for each call this would take minutes.
  test("calls moved into the past in a round do not slow down the many that are due", () => {
    const count = 100_000;
    const bench = new Bench();
    const moved = bench.add(count);
    bench.queue.add(0, () => moved.delay(-2 * count));
    for (let id = 0; id < count; id++) bench.add(1, id);
    bench.now = 1;
    bench.runDue();
    expect(bench.ran).toHaveLength(count);
  });

  test("delays that are negative or not finite are refused and change nothing", () => {
    const bench = new Bench();
    const call = bench.add(10);
    for (const delay of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => bench.add(delay)).toThrow(RangeError);
      expect(() => call.reset(delay)).toThrow(RangeError);
    }
    expect(() => call.delay(Number.NaN)).toThrow(RangeError);
    expect(call.time).toBe(10);
    expect(bench.queue.length).toBe(1);
  });

  test("a call that has run or was cancelled says which when it is changed", () => {
    const bench = new Bench();
    const ran = bench.add(0);
    const cancelled = bench.add(5);
    cancelled.cancel();
    bench.runDue();
    for (const change of ["cancel", "reset", "delay"] as const) {
      expect(() => ran[change](1)).toThrow(AlreadyCalled);
      expect(() => cancelled[change](1)).toThrow(AlreadyCancelled);
    }
    ran[Symbol.dispose]();
    cancelled[Symbol.dispose]();
    expect([ran.active, cancelled.active]).toEqual([false, false]);
  });

  test("clear cancels every call", () => {
    const bench = new Bench();
    const calls = [bench.add(1), bench.add(2)];
    bench.queue.setAsideDue(1);
    bench.queue.clear();
    expect(bench.queue.length).toBe(0);
    expect(calls.map(({ active }) => active)).toEqual([false, false]);
    expect(() => calls[0]?.cancel()).toThrow(AlreadyCancelled);
  });
});

type Step =
  | readonly ["add", number]
  | readonly ["cancel" | "reset" | "delay", number, number]
  | readonly ["pass", number];

const index = fc.nat({ max: 30 });
const delay = fc.nat({ max: 20 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant("add" as const), delay) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("cancel" as const), index, fc.constant(0)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("reset" as const), index, delay) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constant("delay" as const), index, fc.integer({ min: -10, max: 20 })),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant("pass" as const), delay) },
);

/** What a sorted list would do. */
class Model {
  readonly ran: number[] = [];
  #calls: ModelCall[] = [];
  #age = 0;

  get times(): number[] {
    return this.#calls.map(({ time }) => time);
  }

  add(id: number, time: number): void {
    this.#calls.push({ id, time, age: this.#age++ });
  }

  cancel(id: number): void {
    this.#calls = this.#calls.filter((call) => call.id !== id);
  }

  move(id: number, time: (before: number) => number): void {
    const call = this.#calls.find((each) => each.id === id);
    if (call === undefined) throw new Error(`The model has no call ${id}`);
    call.time = time(call.time);
    call.age = this.#age++;
  }

  runDue(now: number): void {
    const due = this.#calls.filter((call) => call.time <= now);
    due.sort((a, b) => a.time - b.time || a.age - b.age);
    this.#calls = this.#calls.filter((call) => call.time > now);
    this.ran.push(...due.map(({ id }) => id));
  }
}

describe("CallQueue: against a sorted list", () => {
  test("whatever is made, moved and cancelled, both run the same calls in order", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const bench = new Bench();
        const model = new Model();
        const calls: DelayedCall[] = [];
        for (const each of steps) {
          if (each[0] === "add") {
            model.add(calls.length, bench.now + each[1]);
            calls.push(bench.add(each[1], calls.length));
          } else if (each[0] === "pass") {
            bench.now += each[1];
            bench.runDue();
            model.runDue(bench.now);
          } else {
            const [change, id, ms] = each;
            const call = calls[id];
            if (call?.active !== true) continue;
            call[change](ms);
            if (change === "cancel") model.cancel(id);
            else if (change === "reset") model.move(id, () => bench.now + ms);
            else model.move(id, (before) => before + ms);
          }
          expect(bench.ran).toEqual(model.ran);
          expect(bench.queue.length).toBe(model.times.length);
          expect(bench.queue.earliest).toBe(
            model.times.length === 0 ? undefined : Math.min(...model.times),
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});
