import { describe, expect, test } from "bun:test";
import { sleep } from "../../src/task/sleep.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { settled } from "./settled.ts";

describe("sleep", () => {
  test("resolves when its time has come, and not before", async () => {
    const clock = new ManualClock();
    let awake = false;
    const slept = sleep(clock, 10).then(() => (awake = true));
    clock.advance(9);
    await settled();
    expect(awake).toBe(false);
    clock.advance(1);
    await slept;
    expect(clock.now()).toBe(10);
  });

  test("the signal wakes it with its reason, and no timed call is left behind", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const slept = sleep(clock, 10, { signal: controller.signal });
    controller.abort(new Error("get up"));
    await expect(slept).rejects.toThrow("get up");
    expect(clock.pending).toBe(0);
  });

  test("a signal that comes too late changes nothing", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const slept = sleep(clock, 10, { signal: controller.signal });
    clock.advance(10);
    controller.abort();
    expect(await slept).toBeUndefined();
  });

  test("a signal that is aborted already makes no timed call", async () => {
    const clock = new ManualClock();
    await expect(sleep(clock, 10, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(clock.pending).toBe(0);
  });

  test("on a reactor that has stopped it does not end by itself, but by its signal", async () => {
    const reactor = new MemoryReactor();
    const controller = new AbortController();
    const slept = sleep(reactor, 10, { signal: controller.signal });
    const run = reactor.run();
    await reactor.stop();
    await run;
    reactor.advance(20);
    controller.abort(new Error("get up"));
    await expect(slept).rejects.toThrow("get up");
  });

  test("a delay that is no delay is refused", async () => {
    const controller = new AbortController();
    await expect(sleep(new ManualClock(), -1, controller)).rejects.toThrow(RangeError);
    controller.abort();
  });
});
