import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Clock } from "../../src/reactor/clock.ts";
import { IdleTimeout } from "../../src/task/idle-timeout.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";

/** A clock and the times at which an idle timeout of it was over. */
function recordingTimeout(): { clock: ManualClock; times: number[]; idle: IdleTimeout } {
  const clock = new ManualClock();
  const times: number[] = [];
  return { clock, times, idle: new IdleTimeout(clock, () => times.push(clock.now())) };
}

describe("IdleTimeout", () => {
  test("set returns what it was set to before, also after it was over", () => {
    const { clock, idle } = recordingTimeout();
    expect(idle.set(5)).toBeNull();
    expect(idle.set(7)).toBe(5);
    clock.advance(7);
    expect(idle.set(null)).toBe(7);
    expect(idle.timeoutMs).toBeNull();
  });

  test("set to null leaves no timed call behind", () => {
    const { clock, times, idle } = recordingTimeout();
    idle.set(5);
    expect(idle.active).toBe(true);
    idle.set(null);
    expect(idle.active).toBe(false);
    expect(clock.pending).toBe(0);
    clock.advance(10);
    expect(times).toEqual([]);
  });

  test("a shorter and a longer time both count from when they were set", () => {
    const { clock, times, idle } = recordingTimeout();
    idle.set(100);
    clock.advance(50);
    idle.set(10);
    clock.advance(10);
    expect(times).toEqual([60]);
    idle.set(10);
    idle.set(100);
    clock.advance(100);
    expect(times).toEqual([60, 160]);
  });

  test("it is over once, until it is set again", () => {
    const { clock, times, idle } = recordingTimeout();
    idle.set(5);
    clock.advance(50);
    idle.reset();
    clock.advance(50);
    expect(times).toEqual([5]);
    idle.set(5);
    clock.advance(5);
    expect(times).toEqual([5, 105]);
  });

  test("it may be set from its own callback", () => {
    const clock = new ManualClock();
    const times: number[] = [];
    const idle = new IdleTimeout(clock, () => {
      times.push(clock.now());
      idle.set(10);
    });
    idle.set(10);
    clock.advance(35);
    expect(times).toEqual([10, 20, 30]);
  });

  test("a time that is refused changes nothing", () => {
    const { clock, times, idle } = recordingTimeout();
    expect(() => idle.set(-1)).toThrow(RangeError);
    expect(idle.active).toBe(false);
    idle.set(5);
    expect(() => idle.set(Number.NaN)).toThrow(RangeError);
    expect(idle.timeoutMs).toBe(5);
    clock.advance(5);
    expect(times).toEqual([5]);
  });

  test("a thousand resets cost one timed call for each timeout that passes", () => {
    const clock = new ManualClock();
    let made = 0;
    const counting: Clock = {
      now: () => clock.now(),
      callLater(delayMs, call) {
        made++;
        return clock.callLater(delayMs, call);
      },
    };
    const idle = new IdleTimeout(counting, () => undefined);
    idle.set(100);
    for (let step = 0; step < 1000; step++) {
      clock.advance(1);
      idle.reset();
      expect(clock.pending).toBe(1);
    }
    expect(made).toBeLessThanOrEqual(1 + 1000 / 99);
  });

  test("it is over exactly timeoutMs after the last reset, whatever was before", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 40, size: "max" });
    fc.assert(
      fc.property(gaps, fc.boolean(), (waits, jump) => {
        const { clock, times, idle } = recordingTimeout();
        idle.set(100);
        for (const ms of waits) {
          clock[jump ? "jump" : "advance"](ms);
          idle.reset();
        }
        const last = clock.now();
        clock.advance(99);
        expect(times).toEqual([]);
        clock.advance(1);
        expect(times).toEqual([last + 100]);
      }),
    );
  });

  test("one whose reactor has stopped is not active, and can be set again", async () => {
    const reactor = new MemoryReactor();
    let timeouts = 0;
    const idle = new IdleTimeout(reactor, () => timeouts++);
    idle.set(10);
    const run = reactor.run();
    await reactor.stop();
    await run;
    expect(idle.active).toBe(false);
    idle.set(null);
    idle.set(20);
    const again = reactor.run();
    reactor.advance(20);
    expect(timeouts).toBe(1);
    await reactor.stop();
    await again;
  });
});
