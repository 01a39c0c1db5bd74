import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { AlreadyCalled, AlreadyCancelled } from "../../src/reactor/clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { loopTurns } from "./loop-turns.ts";

/** Resolves when the reactor gets to a call made now for `delayMs` later. */
function later(reactor: BunReactor, delayMs: number): Promise<void> {
  return new Promise((resolve) => void reactor.callLater(delayMs, resolve));
}

describe("BunReactor.callLater", () => {
  test("is never called inside the call, nor before its time", async () => {
    const reactor = new BunReactor();
    let calledAt = -1;
    const due = reactor.callLater(0, () => {
      calledAt = reactor.now();
    });
    expect(calledAt).toBe(-1);
    expect(due.active).toBe(true);
    await later(reactor, 0);
    expect(calledAt).toBeGreaterThanOrEqual(due.time);
    expect(due.active).toBe(false);
  });

  test("earlier calls come first, those due at the same time in the order they were made", async () => {
    const reactor = new BunReactor();
    const order: string[] = [];
    const call = (name: string) => () => void order.push(name);
    const [a, b, c] = [call("a"), call("b"), call("c")];
    const first = reactor.callLater(5, a);
    const same = () => first.time - reactor.now();
    const second = reactor.callLater(0, b);
    second.delay(first.time - second.time);
    const third = reactor.callLater(0, c);
    third.delay(first.time - third.time);
    reactor.callLater(1, call("early"));
    reactor.callLater(same() + 5, call("late"));
    expect([second.time, third.time]).toEqual([first.time, first.time]);
    await later(reactor, 12);
    expect(order).toEqual(["early", "a", "b", "c", "late"]);
  });

  test("a thousand calls of no delay run in the order they were made", async () => {
    const reactor = new BunReactor();
    const order: number[] = [];
    for (let index = 0; index < 1_000; index++) {
      reactor.callLater(0, () => order.push(index));
    }
    await later(reactor, 0);
    expect(order).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  });

  test("a call made inside a call waits for the next round, and others run between", async () => {
    const reactor = new BunReactor();
    const order: string[] = [];
    reactor.callLater(0, () => {
      order.push("outer");
      reactor.callLater(0, () => order.push("inner"));
    });
    reactor.callLater(0, () => order.push("next"));
    await later(reactor, 1);
    expect(order).toEqual(["outer", "next", "inner"]);
  });

  test("calls that make calls for ever do not keep sockets and others from running", async () => {
    const reactor = new BunReactor();
    let rounds = 0;
    let goesOn = true;
    const again = () => {
      rounds++;
      if (goesOn) reactor.callLater(0, again);
    };
    reactor.callLater(0, again);
    await loopTurns();
    goesOn = false;
    expect(rounds).toBeGreaterThan(0);
    expect(rounds).toBeLessThan(1_000);
  });

  test("a negative, infinite or missing delay is refused", () => {
    const reactor = new BunReactor();
    for (const delayMs of [-1, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(() => reactor.callLater(delayMs, () => {})).toThrow(RangeError);
    }
  });

  test("cancel: it is not called; a second cancel is AlreadyCancelled", async () => {
    const reactor = new BunReactor();
    let called = false;
    const due = reactor.callLater(0, () => {
      called = true;
    });
    due.cancel();
    expect(due.active).toBe(false);
    expect(() => due.cancel()).toThrow(AlreadyCancelled);
    expect(() => due.reset(1)).toThrow(AlreadyCancelled);
    expect(() => due.delay(1)).toThrow(AlreadyCancelled);
    await later(reactor, 1);
    expect(called).toBe(false);
  });

  test("after it ran, cancel, reset and delay are AlreadyCalled, and dispose is fine", async () => {
    const reactor = new BunReactor();
    const due = reactor.callLater(0, () => {});
    await later(reactor, 0);
    expect(() => due.cancel()).toThrow(AlreadyCalled);
    expect(() => due.reset(1)).toThrow(AlreadyCalled);
    expect(() => due.delay(1)).toThrow(AlreadyCalled);
    due[Symbol.dispose]();
  });

  test("reset counts from now, delay from when it was due; both move it behind its equals", async () => {
    const reactor = new BunReactor();
    const order: string[] = [];
    const moved = reactor.callLater(0, () => order.push("moved"));
    moved.reset(8);
    expect(moved.time).toBeGreaterThan(reactor.now());
    const before = moved.time;
    moved.delay(2);
    expect(moved.time).toBe(before + 2);
    const earlier = reactor.callLater(500, () => order.push("earlier"));
    earlier.reset(1);
    await later(reactor, 15);
    expect(order).toEqual(["earlier", "moved"]);
  });

  test("a call moved earlier than all others is called at its new time", async () => {
    const reactor = new BunReactor();
    const due = Promise.withResolvers<void>();
    const call = reactor.callLater(60_000, due.resolve);
    call.delay(-59_999);
    await due.promise;
  });

  test("an error is logged, and later calls run; so is a promise that rejects", async () => {
    const logger = new MemoryLogger();
    const reactor = new BunReactor({ logger });
    const [thrown, rejected] = [new Error("Thrown"), new Error("Rejected")];
    reactor.callLater(0, () => {
      throw thrown;
    });
    reactor.callLater(0, async () => {
      throw rejected;
    });
    await later(reactor, 0);
    await later(reactor, 0);
    expect(logger.errors).toEqual([thrown, rejected]);
  });

  test("delays above the limit of the runtime's timers do not fire early", async () => {
    const reactor = new BunReactor();
    let called = false;
    const month = reactor.callLater(2_147_483_648 + 60_000, () => {
      called = true;
    });
    await later(reactor, 2);
    expect(called).toBe(false);
    month.cancel();
  });

  test("now() does not go back, and is not the calendar's time", async () => {
    const reactor = new BunReactor();
    const before = reactor.now();
    await later(reactor, 1);
    expect(reactor.now()).toBeGreaterThan(before);
    expect(reactor.now()).toBeLessThan(Date.now() / 10);
  });
});
