import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LoopingCall } from "../../src/task/looping-call.ts";
import { sleep } from "../../src/task/sleep.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { settled } from "./settled.ts";

/** A loop that records when it calls and for how many intervals. */
function recordingLoop(): { clock: ManualClock; calls: [number, number][]; loop: LoopingCall } {
  const clock = new ManualClock();
  const calls: [number, number][] = [];
  const loop = new LoopingCall(clock, (count) => calls.push([clock.now(), count]));
  return { clock, calls, loop };
}

describe("LoopingCall", () => {
  test("the first call is made inside start", () => {
    const { calls, loop } = recordingLoop();
    void loop.start(10);
    expect(calls).toEqual([[0, 1]]);
  });

  test("with now: false the first call comes after one interval, and counts one", () => {
    const { clock, calls, loop } = recordingLoop();
    void loop.start(10, { now: false });
    clock.advance(25);
    expect(calls).toEqual([
      [10, 1],
      [20, 1],
    ]);
  });

  test("calls that were missed before the first one are counted, with now: false too", () => {
    const { clock, calls, loop } = recordingLoop();
    void loop.start(10, { now: false });
    clock.jump(35);
    expect(calls).toEqual([[35, 3]]);
  });

  test("an interval of 0 makes one call each turn", () => {
    const { clock, calls, loop } = recordingLoop();
    void loop.start(0);
    clock.advance(0);
    clock.advance(5);
    expect(calls).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });

  test("a promise is awaited before the next call, which is on the grid again", async () => {
    const clock = new ManualClock();
    const calls: [number, number][] = [];
    const first = Promise.withResolvers<void>();
    const loop = new LoopingCall(clock, (count) => {
      calls.push([clock.now(), count]);
      return calls.length === 1 ? first.promise : undefined;
    });
    void loop.start(10);
    clock.advance(25);
    expect(calls).toEqual([[0, 1]]);
    first.resolve();
    await settled();
    clock.advance(5);
    expect(calls).toEqual([
      [0, 1],
      [30, 3],
    ]);
  });

  test("stop during a call lets it end before the start resolves", async () => {
    const clock = new ManualClock();
    const loop = new LoopingCall(clock, () => sleep(clock, 5));
    let outcome = "pending";
    const started = loop.start(10).then(() => (outcome = "resolved"));
    loop.stop();
    await settled();
    expect(loop.running).toBe(false);
    expect(outcome).toBe("pending");
    clock.advance(5);
    await started;
    expect(clock.pending).toBe(0);
  });

  test("a call that fails after stop rejects the start", async () => {
    const call = Promise.withResolvers<void>();
    const loop = new LoopingCall(new ManualClock(), () => call.promise);
    const started = loop.start(10);
    loop.stop();
    call.reject(new Error("too late"));
    await expect(started).rejects.toThrow("too late");
    await settled();
  });

  test("it may not be started while it runs, nor while a call of before is under way", async () => {
    const call = Promise.withResolvers<void>();
    const loop = new LoopingCall(new ManualClock(), () => call.promise);
    const started = loop.start(10);
    await expect(loop.start(10)).rejects.toThrow("Cannot start a looping call that is calling");
    loop.stop();
    await expect(loop.start(10)).rejects.toThrow("Cannot start a looping call that is finishing");
    call.resolve();
    await started;
  });

  test("it may be started again after it stopped, with a new grid", async () => {
    const { clock, calls, loop } = recordingLoop();
    const started = loop.start(10);
    loop.stop();
    await started;
    clock.advance(3);
    void loop.start(20);
    clock.advance(20);
    expect(calls).toEqual([
      [0, 1],
      [3, 1],
      [23, 1],
    ]);
  });

  test("the next call after a reset counts one", () => {
    const { clock, calls, loop } = recordingLoop();
    void loop.start(10);
    clock.advance(9);
    loop.reset();
    clock.advance(10);
    expect(calls).toEqual([
      [0, 1],
      [19, 1],
    ]);
  });

  test("a reset during a call does nothing", () => {
    const clock = new ManualClock();
    const calls: number[] = [];
    const loop = new LoopingCall(clock, () => {
      calls.push(clock.now());
      loop.reset();
    });
    void loop.start(10);
    clock.jump(15);
    clock.advance(5);
    expect(calls).toEqual([0, 15, 20]);
  });

  test("the signal stops it, and the start rejects with its reason", async () => {
    const { clock, calls, loop } = recordingLoop();
    const controller = new AbortController();
    const started = loop.start(10, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(started).rejects.toThrow("enough");
    await settled();
    expect(loop.running).toBe(false);
    expect(clock.pending).toBe(0);
    expect(calls).toEqual([[0, 1]]);
  });

  test("the signal during a call lets it end before the start rejects", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const loop = new LoopingCall(clock, () => sleep(clock, 5));
    let outcome = "pending";
    loop.start(10, { signal: controller.signal }).catch((reason) => (outcome = String(reason)));
    controller.abort("enough");
    await settled();
    expect(outcome).toBe("pending");
    clock.advance(5);
    await settled();
    expect(outcome).toBe("enough");
  });

  test("a signal that is aborted already makes no call", async () => {
    const { calls, loop } = recordingLoop();
    await expect(loop.start(10, { signal: AbortSignal.abort("never") })).rejects.toBe("never");
    expect(calls).toEqual([]);
  });

  test("the signal of an earlier start does not stop a later one", async () => {
    const { loop } = recordingLoop();
    const controller = new AbortController();
    const started = loop.start(10, { signal: controller.signal });
    loop.stop();
    void loop.start(10);
    controller.abort();
    await started;
    expect(loop.running).toBe(true);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])(
    "an interval of %p is refused",
    async (ms) => {
      const { loop } = recordingLoop();
      await expect(loop.start(ms)).rejects.toThrow(RangeError);
      expect(loop.running).toBe(false);
    },
  );

  test("what is no clock, function, interval or option is refused at once", async () => {
    const make = (...args: unknown[]) => new LoopingCall(...(args as [never, never]));
    expect(() => make(() => undefined)).toThrow("LoopingCall: clock is [Function");
    expect(() => make(new ManualClock(), 5)).toThrow(
      "LoopingCall: call is 5; a function is needed",
    );
    const { loop, clock } = recordingLoop();
    await expect(loop.start("5" as never)).rejects.toThrow('intervalMs is "5"; a finite number');
    await expect(loop.start(5, { nwo: false } as never)).rejects.toThrow('no option "nwo"');
    await expect(loop.start(5, { signal: "stop" as never })).rejects.toThrow(
      'signal is "stop"; an',
    );
    expect(loop.running).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test("stop and reset are refused when it does not run", () => {
    const { loop } = recordingLoop();
    expect(() => loop.stop()).toThrow("Cannot stop a looping call that does not run");
    expect(() => loop.reset()).toThrow("Cannot reset a looping call that does not run");
  });

  test("an interval that no binary fraction holds is never called for twice", () => {
    const { clock, calls, loop } = recordingLoop();
    void loop.start(0.1);
    for (let step = 0; step < 1000; step++) clock.advance(0.1);
    clock.advance(0.05);
    expect(calls.map(([, count]) => count)).toEqual(Array.from({ length: 1001 }, () => 1));
  });
});

describe("LoopingCall, whatever the delays", () => {
  const intervalMs = fc.integer({ min: 1, max: 50 });
  const steps = fc.array(fc.record({ jump: fc.boolean(), ms: fc.integer({ min: 0, max: 120 }) }), {
    maxLength: 40,
  });

  test("a call on time is on the grid, and the counts add up to the intervals passed", () => {
    fc.assert(
      fc.property(intervalMs, steps, (interval, moves) => {
        const { clock, calls, loop } = recordingLoop();
        void loop.start(interval);
        let jumped = new Set<number>();
        for (const { jump, ms } of moves) {
          clock[jump ? "jump" : "advance"](ms);
          if (jump) jumped = jumped.add(clock.now());
        }
        const onGrid = calls.filter(([time]) => !jumped.has(time));
        expect(onGrid.filter(([time]) => time % interval !== 0)).toEqual([]);
        const total = calls.reduce((sum, [, count]) => sum + count, 0);
        expect(total).toBe(Math.floor(clock.now() / interval) + 1);
        expect(calls.filter(([, count]) => count < 1)).toEqual([]);
      }),
    );
  });

  test("calls never overlap, and start no earlier than the next interval", async () => {
    const durations = fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 20, size: "max" });
    await fc.assert(
      fc.asyncProperty(intervalMs, durations, async (interval, lengths) => {
        const clock = new ManualClock();
        const begun: number[] = [];
        let underWay = 0;
        const loop = new LoopingCall(clock, async () => {
          expect(++underWay).toBe(1);
          begun.push(clock.now());
          const length = lengths[begun.length - 1];
          if (length === undefined) loop.stop();
          else await sleep(clock, length);
          underWay--;
        });
        const started = loop.start(interval);
        await settled();
        while (clock.advanceToNext()) await settled();
        await started;
        let expected = 0;
        for (const [index, time] of begun.entries()) {
          expect(time).toBe(expected);
          const end = time + (lengths[index] ?? 0);
          expected = (Math.floor(end / interval) + 1) * interval;
        }
        expect(begun.length).toBe(lengths.length + 1);
      }),
      { numRuns: 50 },
    );
  });
});
