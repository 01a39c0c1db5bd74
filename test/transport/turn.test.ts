import { describe, expect, test } from "bun:test";
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
  return { turnEnded: () => void events.push(name) };
}

describe("Turn", () => {
  test("participants are told when the outermost callback ends, in the order they came", () => {
    const scheduler = new HandScheduler();
    const turn = new Turn(scheduler);
    const events: string[] = [];
    turn.enter();
    turn.add(noting(events, "a"));
    turn.enter();
    turn.add(noting(events, "b"));
    turn.leave();
    expect(events).toEqual([]);
    turn.leave();
    expect(events).toEqual(["a", "b"]);
    expect(scheduler.soonCalls.length).toBe(0);
  });

  test("who comes outside of a callback is told soon, all together", () => {
    const scheduler = new HandScheduler();
    const turn = new Turn(scheduler);
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
    const turn = new Turn(scheduler);
    const events: string[] = [];
    turn.add(noting(events, "waiting"));
    turn.enter();
    turn.leave();
    scheduler.runSoon();
    expect(events).toEqual(["waiting"]);
  });

  test("who joins while others are told is told in the same turn", () => {
    const turn = new Turn(new HandScheduler());
    const events: string[] = [];
    turn.enter();
    turn.add({
      turnEnded: () => {
        events.push("first");
        turn.add(noting(events, "joined"));
      },
    });
    turn.leave();
    expect(events).toEqual(["first", "joined"]);
  });

  test("who waits for the next turn is told in it, not in this one", () => {
    const scheduler = new HandScheduler();
    const turn = new Turn(scheduler);
    const events: string[] = [];
    turn.enter();
    turn.addToNext(noting(events, "next"));
    turn.leave();
    scheduler.runSoon();
    expect(events).toEqual([]);
    scheduler.runNext();
    scheduler.runSoon();
    expect(events).toEqual(["next"]);
  });

  test("returned slabs are taken again, a few of them", () => {
    const turn = new Turn(new HandScheduler());
    const slabs = Array.from({ length: 20 }, () => turn.takeSlab());
    for (const slab of slabs) turn.returnSlab(slab);
    const again = Array.from({ length: 20 }, () => turn.takeSlab());
    const reused = again.filter((slab) => slabs.includes(slab));
    expect(reused.length).toBe(8);
    expect(new Set(again).size).toBe(20);
    expect(again.every((slab) => slab.length === SLAB_BYTES)).toBe(true);
  });
});
