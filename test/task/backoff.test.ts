import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { backoff } from "../../src/task/backoff.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";

describe("backoff", () => {
  test("by default the first failure waits 1.5 s and up to one more", () => {
    expect(backoff({ random: () => 0 })(1)).toBe(1500);
    expect(backoff({ random: () => 0.5 })(1)).toBe(2000);
  });

  test("jitter is added to the longest delay too", () => {
    expect(backoff({ maxMs: 2000, jitterMs: 100, random: () => 0.5 })(50)).toBe(2050);
  });

  test("from attempt 100 on the delay grows no more", () => {
    const delayMs = backoff({ initialMs: 1000, factor: 1.01, jitterMs: 0 });
    expect(delayMs(99)).toBeLessThan(delayMs(100));
    expect(delayMs(101)).toBe(delayMs(100));
  });

  test("the default chance differs from call to call", () => {
    const delayMs = backoff({ jitterMs: 1e9 });
    expect(new Set([delayMs(0), delayMs(0), delayMs(0)]).size).toBeGreaterThan(1);
  });

  test.each([
    ["an initialMs of 0", { initialMs: 0 }],
    ["an initialMs that is not a number", { initialMs: Number.NaN }],
    ["an infinite maxMs", { maxMs: Number.POSITIVE_INFINITY }],
    ["a negative maxMs", { maxMs: -1 }],
    ["a factor below 1", { factor: 0.5 }],
    ["an infinite factor", { factor: Number.POSITIVE_INFINITY }],
    ["a negative jitterMs", { jitterMs: -1 }],
    ["a jitterMs that is not a number", { jitterMs: Number.NaN }],
  ])("%s is refused", (_what, options) => {
    expect(() => backoff(options)).toThrow(RangeError);
  });

  test("an option of another name or kind is refused", () => {
    expect(() => backoff({ initial: 5 } as never)).toThrow('backoff: there is no option "initial"');
    expect(() => backoff({ maxMs: "5" as never })).toThrow('maxMs is "5"; a finite number above 0');
  });

  test("delays never shrink before jitter, and stay within the maximum and the jitter", () => {
    const options = fc.record({
      initialMs: fc.integer({ min: 1, max: 10_000 }),
      maxMs: fc.integer({ min: 1, max: 100_000 }),
      factor: fc.double({ min: 1, max: 1e300, noNaN: true }),
      jitterMs: fc.integer({ min: 0, max: 5000 }),
    });
    fc.assert(
      fc.property(options, fc.nat(), fc.nat(1000), (shape, seed, attempt) => {
        const random = new SeededRandom(seed);
        const steady = backoff({ ...shape, jitterMs: 0 });
        expect(steady(attempt + 1)).toBeGreaterThanOrEqual(steady(attempt));
        const jittered = backoff({ ...shape, random: () => random.next() })(attempt);
        expect(jittered).toBeGreaterThanOrEqual(steady(attempt));
        expect(jittered).toBeLessThanOrEqual(shape.maxMs + shape.jitterMs);
      }),
    );
  });
});
