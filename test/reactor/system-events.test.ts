import { describe, expect, test } from "bun:test";
import { SystemEvents } from "../../src/reactor/system-events.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";

async function closeNothing(): Promise<void> {}

describe("SystemEvents", () => {
  test("the promises of before are all awaited before anything else happens", async () => {
    const events = new SystemEvents(new MemoryLogger(), new ManualClock());
    const order: string[] = [];
    const waits = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    for (const wait of waits) events.add("before", () => wait.promise);
    events.add("during", () => order.push("during"));
    const fired = events.fire(async () => void order.push("closed"));
    waits[1]?.resolve();
    await Promise.resolve();
    expect(order).toEqual([]);
    waits[0]?.resolve();
    await fired;
    expect(order).toEqual(["during", "closed"]);
  });

  test("everything is closed between during and after", async () => {
    const events = new SystemEvents(new MemoryLogger(), new ManualClock());
    const order: string[] = [];
    events.add("after", () => order.push("after"));
    events.add("during", () => order.push("during"));
    await events.fire(async () => {
      await Promise.resolve();
      order.push("closed");
    });
    expect(order).toEqual(["during", "closed", "after"]);
  });

  test("rejections of every phase are logged", async () => {
    const logger = new MemoryLogger();
    const events = new SystemEvents(logger, new ManualClock());
    for (const phase of ["before", "during", "after"] as const) {
      events.add(phase, async () => {
        throw new Error(phase);
      });
    }
    await events.fire(closeNothing);
    await Promise.resolve();
    expect(logger.reports.map(({ message }) => message)).toEqual([
      'a trigger of the phase "before" failed',
      'a trigger of the phase "during" failed',
      'a trigger of the phase "after" failed',
    ]);
  });

  test("the same function added twice runs twice, and can be taken back once", async () => {
    const events = new SystemEvents(new MemoryLogger(), new ManualClock());
    let runs = 0;
    const run = () => void runs++;
    using _first = events.add("during", run);
    const second = events.add("during", run);
    events.add("during", run);
    second.remove();
    second.remove();
    await events.fire(closeNothing);
    expect(runs).toBe(2);
  });

  test("a trigger runs once, however often events are fired", async () => {
    const events = new SystemEvents(new MemoryLogger(), new ManualClock());
    let runs = 0;
    events.add("after", () => void runs++);
    await events.fire(closeNothing);
    await events.fire(closeNothing);
    expect(runs).toBe(1);
  });

  test("a promise of before that never settles is waited for a minute, and told of by name", async () => {
    const logger = new MemoryLogger();
    const clock = new ManualClock();
    const events = new SystemEvents(logger, clock);
    const order: string[] = [];
    events.add("before", function closeDatabase() {
      return new Promise(() => undefined);
    });
    events.add("before", () => Promise.resolve());
    events.add("before", () => new Promise(() => undefined));
    events.add("during", () => order.push("during"));
    const fired = events.fire(async () => void order.push("closed"));
    clock.advance(59_999);
    await Promise.resolve();
    expect(order).toEqual([]);
    clock.advance(1);
    await fired;
    expect(order).toEqual(["during", "closed"]);
    expect(logger.reports.map(({ message }) => message)).toEqual([
      'stopping goes on without what "before" waited for 60000 ms: ' +
        "closeDatabase, a function without a name",
    ]);
    expect(clock.pending).toBe(0);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("a wait of %p ms is refused", (waitMs) => {
    expect(() => new SystemEvents(new MemoryLogger(), new ManualClock(), waitMs)).toThrow(
      RangeError,
    );
  });
});
