import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TokenBucket } from "../../src/task/token-bucket.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";

describe("TokenBucket", () => {
  test("starts full", () => {
    const bucket = new TokenBucket(new ManualClock(), { ratePerSecond: 1, burst: 5 });
    expect(bucket.refill()).toBe(true);
    expect(bucket.take(9)).toBe(5);
    expect(bucket.take(9)).toBe(0);
  });

  test("never holds more than its burst, however long nobody takes", () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, { ratePerSecond: 1, burst: 5 });
    clock.advance(1e9);
    expect(bucket.take(9)).toBe(5);
  });

  test("charge makes a debt, which is paid back before anything can be taken", () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, { ratePerSecond: 10, burst: 5 });
    bucket.charge(25);
    expect(bucket.take(5)).toBe(0);
    expect(bucket.delayMs(0)).toBe(2000);
    expect(bucket.delayMs(5)).toBe(2500);
    clock.advance(2000);
    expect(bucket.take(5)).toBe(0);
    clock.advance(500);
    expect(bucket.take(5)).toBe(5);
  });

  test("delayMs is 0 when the tokens are there", () => {
    const bucket = new TokenBucket(new ManualClock(), { ratePerSecond: 10, burst: 5 });
    expect(bucket.delayMs(5)).toBe(0);
  });

  test("delayMs of more than the burst is until the bucket is full", () => {
    const bucket = new TokenBucket(new ManualClock(), { ratePerSecond: 10, burst: 5 });
    bucket.take(2);
    expect(bucket.delayMs(1000)).toBe(200);
  });

  test("without a limit on the burst there is never a delay", () => {
    const bucket = new TokenBucket(new ManualClock(), {
      ratePerSecond: 1,
      burst: Number.POSITIVE_INFINITY,
    });
    bucket.take(1e9);
    expect(bucket.delayMs(Number.POSITIVE_INFINITY)).toBe(0);
  });

  test("without a limit on the rate there is never a delay", () => {
    const bucket = new TokenBucket(new ManualClock(), {
      ratePerSecond: Number.POSITIVE_INFINITY,
      burst: 5,
    });
    bucket.charge(100);
    expect(bucket.delayMs(5)).toBe(0);
  });

  test.each([0, -1, Number.NaN])("a rate or a burst of %p is refused", (value) => {
    const clock = new ManualClock();
    expect(() => new TokenBucket(clock, { ratePerSecond: value, burst: 1 })).toThrow(RangeError);
    expect(() => new TokenBucket(clock, { ratePerSecond: 1, burst: value })).toThrow(RangeError);
  });

  test.each([-1, Number.NaN])(
    "%p tokens can be neither taken, charged nor waited for",
    (amount) => {
      const bucket = new TokenBucket(new ManualClock(), { ratePerSecond: 1, burst: 1 });
      expect(() => bucket.take(amount)).toThrow(RangeError);
      expect(() => bucket.charge(amount)).toThrow(RangeError);
      expect(() => bucket.delayMs(amount)).toThrow(RangeError);
      expect(bucket.used).toBe(0);
    },
  );

  test("in any stretch of time it gives no more than burst + rate × time", () => {
    const steps = fc.array(fc.tuple(fc.nat(500), fc.nat(300)), { maxLength: 50, size: "max" });
    const speed = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(speed, speed, steps, (ratePerSecond, burst, moves) => {
        const clock = new ManualClock();
        const bucket = new TokenBucket(clock, { ratePerSecond, burst });
        const given: { at: number; amount: number }[] = [];
        for (const [ms, amount] of moves) {
          clock.advance(ms);
          given.push({ at: clock.now(), amount: bucket.take(amount) });
        }
        for (const [index, { at: from }] of given.entries()) {
          let total = 0;
          for (const { at, amount } of given.slice(index)) {
            total += amount;
            const most = burst + (ratePerSecond * (at - from)) / 1000;
            expect(total).toBeLessThanOrEqual(most + 1e-6);
          }
        }
      }),
    );
  });

  test("after delayMs the tokens are there, to within rounding", () => {
    const speed = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(speed, speed, fc.nat(200_000), fc.nat(100_000), (rate, burst, debt, wanted) => {
        const clock = new ManualClock();
        const bucket = new TokenBucket(clock, { ratePerSecond: rate, burst });
        bucket.charge(debt);
        clock.advance(bucket.delayMs(wanted));
        expect(bucket.take(wanted)).toBeCloseTo(Math.min(wanted, burst), 6);
      }),
    );
  });
});
