import { describe, expect, test } from "bun:test";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { SLAB_BYTES, Turn, type TurnParticipant } from "../../src/transport/turn.ts";

/** A scheduler whose work a test runs by hand. */
class HandScheduler {
  readonly soonCalls: (() => void)[] = [];
  readonly nextCalls: (() => void)[] = [];

  soon(run: () => void): void {
    this.soonCalls.push(run);
  }

  nextTurn(run: () => void): void {
    this.nextCalls.push(run);
  }

  runSoon(): void {
    for (const run of this.soonCalls.splice(0)) run();
  }

  runNext(): void {
    for (const run of this.nextCalls.splice(0)) run();
  }
}

function noting(events: string[], name: string): TurnParticipant {
  return {
    turnEnded: () => void events.push(name),
    turnFailed: () => void events.push(`${name} failed`),
  };
}

describe("Turn", () => {
  test("participants are told when the outermost callback ends, in the order they came", () => {
    const scheduler = new HandScheduler();
    const turn = new Turn(scheduler, new MemoryLogger());
    const events: string[] = [];
    const outer = turn.enter();
    turn.add(noting(events, "a"));
    const inner = turn.enter();
    turn.add(noting(events, "b"));
    turn.leave(inner);
    expect(events).toEqual([]);
    turn.leave(outer);
    expect(events).toEqual(["a", "b"]);
    expect(scheduler.soonCalls.length).toBe(0);
  });

  test("who comes outside of a callback is told soon, all together", () => {
    const scheduler = new HandScheduler();
    const turn = new Turn(scheduler, new MemoryLogger());
    const events: string[] = [];
    turn.add(noting(events, "a"));
    turn.add(noting(events, "b"));
    expect(scheduler.soonCalls.length).toBe(1);
    expect(events).toEqual([]);
    scheduler.runSoon();
    expect(events).toEqual(["a", "b"]);
  });

  test("a callback that comes first takes the waiting ones along", () => {
    const scheduler = new HandScheduler();
    const turn = new Turn(scheduler, new MemoryLogger());
    const events: string[] = [];
    turn.add(noting(events, "waiting"));
    turn.leave(turn.enter());
    scheduler.runSoon();
    expect(events).toEqual(["waiting"]);
  });

  test("who joins while others are told is told in the same turn", () => {
    const turn = new Turn(new HandScheduler(), new MemoryLogger());
    const events: string[] = [];
    const outer = turn.enter();
    turn.add({
      ...noting(events, "first"),
      turnEnded: () => {
        events.push("first");
        turn.add(noting(events, "joined"));
      },
    });
    turn.leave(outer);
    expect(events).toEqual(["first", "joined"]);
  });

  test("who waits for the next turn is told in it, not in this one", () => {
    const scheduler = new HandScheduler();
    const turn = new Turn(scheduler, new MemoryLogger());
    const events: string[] = [];
    const outer = turn.enter();
    turn.addToNext(noting(events, "next"));
    turn.leave(outer);
    scheduler.runSoon();
    expect(events).toEqual([]);
    scheduler.runNext();
    scheduler.runSoon();
    expect(events).toEqual(["next"]);
  });

  test("who fails is told so with what was thrown, and the others have their turn", () => {
    const turn = new Turn(new HandScheduler(), new MemoryLogger());
    const events: unknown[] = [];
    const outer = turn.enter();
    turn.add({
      turnEnded: () => {
        throw "out of order";
      },
      turnFailed: (error) => void events.push(error),
    });
    turn.add(noting(events as string[], "next"));
    turn.leave(outer);
    expect(events).toEqual(["out of order", "next"]);
  });

  test("who cannot even be ended is reported, and the others have their turn", () => {
    const logger = new MemoryLogger();
    const turn = new Turn(new HandScheduler(), logger);
    const events: string[] = [];
    const fail = () => {
      throw new Error("again and again");
    };
    const outer = turn.enter();
    turn.add({ turnEnded: fail, turnFailed: fail });
    turn.add(noting(events, "next"));
    turn.leave(outer);
    expect(events).toEqual(["next"]);
    expect(logger.reports).toHaveLength(1);
  });

  test("brackets that an overflowed stack left open are closed by the one around them", () => {
    const turn = new Turn(new HandScheduler(), new MemoryLogger());
    const events: string[] = [];
    const outer = turn.enter();
    turn.enter();
    turn.enter();
    turn.leave(outer);
    turn.leave(turn.enter());
    turn.add(noting(events, "later"));
    turn.leave(turn.enter());
    expect(events).toEqual(["later"]);
  });

  test("leaveUntold leaves the telling to the end of the caller's code", () => {
    const scheduler = new HandScheduler();
    const turn = new Turn(scheduler, new MemoryLogger());
    const events: string[] = [];
    const outer = turn.enter();
    turn.add(noting(events, "a"));
    turn.leaveUntold(outer);
    expect(events).toEqual([]);
    scheduler.runSoon();
    expect(events).toEqual(["a"]);
  });

  test("returned slabs are taken again, a few of them", () => {
    const turn = new Turn(new HandScheduler(), new MemoryLogger());
    const slabs = Array.from({ length: 20 }, () => turn.takeSlab());
    for (const slab of slabs) turn.returnSlab(slab);
    const again = Array.from({ length: 20 }, () => turn.takeSlab());
    const reused = again.filter((slab) => slabs.includes(slab));
    expect(reused.length).toBe(8);
    expect(new Set(again).size).toBe(20);
    expect(again.every((slab) => slab.length === SLAB_BYTES)).toBe(true);
  });
});
