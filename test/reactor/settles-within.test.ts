import { describe, expect, test } from "bun:test";
import { settlesWithin } from "../../src/reactor/settles-within.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";

describe("settlesWithin", () => {
  test("a promise that settles in time, either way, gives true and leaves no call behind", async () => {
    const clock = new ManualClock();
    expect(await settlesWithin(clock, 10, Promise.resolve())).toBe(true);
    expect(await settlesWithin(clock, 0, Promise.reject(new Error("failed")))).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("one that does not gives false at the end of the time", async () => {
    const clock = new ManualClock();
    const late = Promise.withResolvers<void>();
    const within = settlesWithin(clock, 10, late.promise);
    clock.advance(10);
    expect(await within).toBe(false);
    late.reject(new Error("too late to be told"));
  });

  test("a time that cannot be waited for is refused", async () => {
    const waiting = settlesWithin(new ManualClock(), Number.NaN, Promise.resolve());
    await expect(waiting).rejects.toThrow(RangeError);
  });
});
