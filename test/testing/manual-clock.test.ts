import { describe, expect, test } from "bun:test";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";

describe("ManualClock.advance", () => {
  test("a call due at once that is made inside a call waits for the next advance", () => {
    const clock = new ManualClock();
    const times: number[] = [];
    const again = () => {
      times.push(clock.now());
      clock.callLater(0, again);
    };
    clock.callLater(1, again);
    clock.advance(10);
    expect(times).toEqual([1]);
    clock.advance(5);
    expect(times).toEqual([1, 10]);
    clock.advance(0);
    expect(times).toEqual([1, 10, 15]);
  });

  test("a call that waits for the next advance does not hold up those due later", () => {
    const clock = new ManualClock();
    const events: string[] = [];
    clock.callLater(1, () => clock.callLater(0, () => events.push(`waited ${clock.now()}`)));
    clock.callLater(2, () => events.push(`two ${clock.now()}`));
    clock.advance(3);
    expect(events).toEqual(["two 2"]);
    clock.advance(0);
    expect(events).toEqual(["two 2", "waited 3"]);
  });

  test("a call moved to now inside a call waits for the next advance", () => {
    const clock = new ManualClock();
    const events: number[] = [];
    const moved = clock.callLater(5, () => events.push(clock.now()));
    clock.callLater(1, () => moved.reset(0));
    clock.advance(10);
    expect(events).toEqual([]);
    clock.advance(0);
    expect(events).toEqual([10]);
  });

  test("calls due at the same time run in the order they were made", () => {
    const clock = new ManualClock();
    const order: number[] = [];
    for (let index = 0; index < 50; index++) clock.callLater(7, () => order.push(index));
    clock.advance(7);
    expect(order).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  test("an amount that is negative or not finite is refused", () => {
    const clock = new ManualClock();
    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(() => clock.advance(Number.NaN)).toThrow(RangeError);
    expect(() => clock.advance(Number.POSITIVE_INFINITY)).toThrow(RangeError);
    expect(clock.now()).toBe(0);
  });

  test("it cannot be called inside a call", () => {
    const clock = new ManualClock();
    clock.callLater(1, () => clock.advance(1));
    expect(() => clock.advance(1)).toThrow("inside one of its own calls");
  });

  test("settle is called before time moves and after the calls of each moment", () => {
    const events: string[] = [];
    const clock = new ManualClock({ settle: () => events.push(`settle ${clock.now()}`) });
    clock.callLater(1, () => events.push("a"));
    clock.callLater(1, () => events.push("b"));
    clock.callLater(2, () => events.push("c"));
    clock.advance(2);
    expect(events.filter((event, index) => event !== events[index - 1])).toEqual([
      "settle 0",
      "a",
      "b",
      "settle 1",
      "c",
      "settle 2",
    ]);
  });
});

describe("ManualClock.jump", () => {
  test("calls that are due see the time after the leap", () => {
    const clock = new ManualClock();
    const fired: [string, number][] = [];
    clock.callLater(3, () => fired.push(["b", clock.now()]));
    clock.callLater(1, () => fired.push(["a", clock.now()]));
    clock.callLater(11, () => fired.push(["c", clock.now()]));
    clock.jump(10);
    expect(fired).toEqual([
      ["a", 10],
      ["b", 10],
    ]);
    expect(clock.pending).toBe(1);
  });

  test("a call made inside a call runs after the leap at the earliest", () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    clock.callLater(1, () => clock.callLater(1, () => fired.push(clock.now())));
    clock.jump(10);
    expect(fired).toEqual([]);
    clock.advance(1);
    expect(fired).toEqual([11]);
  });
});

describe("ManualClock.advanceToNext", () => {
  test("it goes to the earliest call, runs what is due then, and says that it did", () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    clock.callLater(0.1 + 0.2, () => fired.push("a"));
    clock.callLater(0.1 + 0.2, () => fired.push("b"));
    clock.callLater(9, () => fired.push("c"));
    expect(clock.advanceToNext()).toBe(true);
    expect(fired).toEqual(["a", "b"]);
    expect(clock.now()).toBe(0.1 + 0.2);
  });

  test("without a call to come it returns false and time stands still", () => {
    const clock = new ManualClock();
    expect(clock.advanceToNext()).toBe(false);
    expect(clock.now()).toBe(0);
  });
});

const MODULE = new URL("../../src/testing/manual-clock.ts", import.meta.url).pathname;

describe("ManualClock: calls that throw", () => {
  test("later calls run, and advance throws all the errors at its end", () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    const [first, second] = [new Error("first"), new Error("second")];
    clock.callLater(1, () => {
      throw first;
    });
    clock.callLater(1, () => ran.push("a"));
    clock.callLater(2, () => {
      throw second;
    });
    clock.callLater(3, () => ran.push("b"));
    let thrown: unknown;
    try {
      clock.advance(5);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AggregateError);
    expect((thrown as AggregateError).errors).toEqual([first, second]);
    expect(ran).toEqual(["a", "b"]);
    expect(clock.now()).toBe(5);
  });

  test("errors are thrown once", () => {
    const clock = new ManualClock();
    clock.callLater(1, () => {
      throw new Error("once");
    });
    expect(() => clock.advance(1)).toThrow("once");
    clock.advance(1);
    expect(clock.now()).toBe(2);
  });

  test("with a logger they are logged, as a reactor does", () => {
    const logger = new MemoryLogger();
    const clock = new ManualClock({ logger });
    const error = new Error("logged");
    clock.callLater(1, () => {
      throw error;
    });
    clock.advance(1);
    expect(logger.reports).toEqual([{ level: "error", message: "a timed call failed", error }]);
  });

  test("of an async call too: it is logged once the test awaits something", async () => {
    const logger = new MemoryLogger();
    const clock = new ManualClock({ logger });
    const error = new Error("logged");
    clock.callLater(1, async () => {
      throw error;
    });
    clock.advance(1);
    await null;
    expect(logger.errors).toEqual([error]);
  });

  test("what an async call throws without a logger is nobody's, and the runtime reports it", () => {
    // In a program of its own, for here it would fail the test as it should.
    const program = `
      import { ManualClock } from ${JSON.stringify(MODULE)};
      const clock = new ManualClock();
      clock.callLater(1, async () => {
        throw new Error("from an async call");
      });
      clock.advance(1);
    `;
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, "-e", program]);
    expect(stderr.toString()).toContain("from an async call");
    expect(exitCode).toBe(1);
  });
});
