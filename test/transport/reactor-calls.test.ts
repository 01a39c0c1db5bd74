import { describe, expect, test } from "bun:test";
import { AlreadyCalled, AlreadyCancelled } from "../../src/reactor/clock.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { ReactorCalls } from "../../src/transport/reactor-calls.ts";

/** The calls of a reactor on a clock that others use as well. */
function bench() {
  const clock = new ManualClock();
  const calls = new ReactorCalls(clock);
  const ran: string[] = [];
  return {
    clock,
    calls,
    ran,
    note: (name: string) => () => void ran.push(`${name} ${clock.now()}`),
  };
}

describe("ReactorCalls", () => {
  test("halt cancels its own calls, and none of the clock's others", () => {
    const { clock, calls, ran, note } = bench();
    clock.callLater(10, note("another's"));
    const own = calls.callLater(10, note("own"));
    calls.halt();
    clock.advance(20);
    expect(ran).toEqual(["another's 10"]);
    expect(own.active).toBe(false);
    expect(() => own.cancel()).toThrow(AlreadyCancelled);
    own[Symbol.dispose]();
  });

  test("a call that cancels or makes others while it runs is a call like any other", () => {
    const { clock, calls, ran, note } = bench();
    const second = calls.callLater(5, note("second"));
    const first = calls.callLater(1, () => {
      second.cancel();
      expect(() => first.cancel()).toThrow(AlreadyCalled);
      calls.callLater(1, note("third"));
    });
    clock.advance(10);
    expect(ran).toEqual(["third 2"]);
  });

  test("whichever calls are over in whatever order, halt cancels the others", () => {
    for (const over of [[0], [1], [2], [0, 1], [2, 1], [0, 2], [1, 0, 2]]) {
      const { clock, calls, ran, note } = bench();
      const made = [0, 1, 2].map((index) => calls.callLater(1, note(String(index))));
      for (const index of over) made[index]?.cancel();
      calls.halt();
      expect(made.map(({ active }) => active)).toEqual([false, false, false]);
      expect(clock.pending).toBe(0);
      clock.advance(1);
      expect(ran).toEqual([]);
    }
  });

  test("what waits can be moved and cancelled, and keeps its time", () => {
    const { clock, calls, ran, note } = bench();
    calls.halt();
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => calls.callLater(10, note(name)));
    expect(clock.pending).toBe(0);
    expect([a?.time, a?.active]).toEqual([10, true]);
    b?.delay(5);
    c?.reset(1);
    d?.cancel();
    calls.resume();
    clock.advance(20);
    expect(ran).toEqual(["c 1", "a 10", "b 15"]);
  });

  test("what is overdue comes at once and in order, before what is due later", () => {
    const { clock, calls, ran, note } = bench();
    calls.halt();
    calls.callLater(20, note("later"));
    calls.callLater(5, note("second"));
    calls.callLater(1, note("first"));
    clock.advance(10);
    calls.resume();
    expect(ran).toEqual([]);
    clock.advance(10);
    expect(ran).toEqual(["first 10", "second 10", "later 20"]);
  });

  test("halted again before it goes on, it has forgotten what waited", () => {
    const { clock, calls, ran, note } = bench();
    calls.halt();
    const waiting = calls.callLater(5, note("waiting"));
    calls.halt();
    expect(waiting.active).toBe(false);
    calls.resume();
    calls.resume();
    calls.callLater(1, note("new"));
    clock.advance(10);
    expect(ran).toEqual(["new 1"]);
  });
});
