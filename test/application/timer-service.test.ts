import { describe, expect, test } from "bun:test";
import { TimerService } from "../../src/application/timer-service.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";

describe("TimerService", () => {
  test("it calls when it starts, and then at each interval until it is stopped", async () => {
    const clock = new ManualClock();
    const times: number[] = [];
    const service = new TimerService(clock, 100, () => void times.push(clock.now()));
    await service.start();
    clock.advance(250);
    await service.stop();
    clock.advance(1_000);
    expect(times).toEqual([0, 100, 200]);
    expect(clock.pending).toBe(0);
  });

  test("stop waits for the call that is under way", async () => {
    const clock = new ManualClock();
    const call = Promise.withResolvers<void>();
    const service = new TimerService(clock, 100, () => call.promise);
    await service.start();
    let isStopped = false;
    const stopped = service.stop().then(() => {
      isStopped = true;
    });
    for (let tick = 0; tick < 20; tick++) await Promise.resolve();
    expect(isStopped).toBe(false);
    call.resolve();
    await stopped;
    expect(isStopped).toBe(true);
  });

  test("a call that fails is logged and the last one, until it is started again", async () => {
    const clock = new ManualClock();
    const logger = new MemoryLogger();
    let calls = 0;
    const service = new TimerService(
      clock,
      100,
      () => {
        if (++calls === 2) throw new Error("second call");
      },
      { name: "sweeper", logger },
    );
    await service.start();
    clock.advance(1_000);
    await service.stop();
    expect(calls).toBe(2);
    expect(logger.reports).toMatchObject([
      {
        level: "error",
        message: "sweeper makes no further calls",
        error: { message: "second call" },
      },
    ]);
    await service.start();
    clock.advance(100);
    expect(calls).toBe(4);
    await service.stop();
  });

  test("an interval that is none is refused when it is made", () => {
    expect(() => new TimerService(new ManualClock(), -1, () => undefined)).toThrow(RangeError);
  });
});
