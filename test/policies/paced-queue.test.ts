import { describe, expect, test } from "bun:test";
import { PacedQueue, type PacedQueueOwner } from "../../src/policies/paced-queue.ts";
import { bucketFor, Pace } from "../../src/policies/shaping-rate.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";

/** Takes what is let go, and does in the middle of that what a test says. */
class Taker implements PacedQueueOwner {
  readonly clock = new ManualClock();
  readonly queue: PacedQueue;
  readonly pieces: Uint8Array[] = [];
  readonly events: string[] = [];
  deepest = 0;
  #depth = 0;
  readonly #act: (queue: PacedQueue) => void;

  constructor(bytesPerSecond: number, burstBytes: number, act: (queue: PacedQueue) => void) {
    const own = bucketFor(this.clock, { bytesPerSecond, burstBytes });
    this.queue = new PacedQueue(this.clock, new Pace(own, null), this);
    this.#act = act;
  }

  get taken(): Buffer {
    return Buffer.concat(this.pieces);
  }

  sendPiece(piece: Uint8Array): boolean {
    this.deepest = Math.max(this.deepest, ++this.#depth);
    this.pieces.push(piece);
    this.#act(this.queue);
    this.#depth--;
    return true;
  }

  queueShrunk(): void {
    this.events.push(`shrunk to ${this.queue.bytes}`);
  }

  waitingChanged(waiting: boolean): void {
    this.events.push(waiting ? "waiting" : "no longer waiting");
  }
}

describe("PacedQueue", () => {
  test("lets the pieces of a burst go in a loop, whatever each of them leads to", () => {
    const taker = new Taker(50, 100_000, (queue) => {
      queue.block();
      queue.unblock();
    });
    taker.queue.push(Buffer.alloc(100_000));
    expect(taker.pieces).toHaveLength(100_000);
    expect(taker.deepest).toBe(1);
  });

  test("goes on at once when it is unblocked in the middle of a piece", () => {
    const taker = new Taker(50, 1_000, (queue) => {
      queue.block();
      queue.unblockSoon();
    });
    taker.queue.push(Buffer.alloc(1_000));
    expect(taker.pieces).toHaveLength(1_000);
    expect(taker.clock.pending).toBe(0);
  });

  test("goes on soon after unblockSoon, and not inside of it", () => {
    const taker = new Taker(1_000, 1_000, () => undefined);
    taker.queue.block();
    taker.queue.push(Buffer.alloc(50));
    taker.queue.unblockSoon();
    expect(taker.taken).toHaveLength(0);
    expect(taker.events).toEqual(["waiting"]);
    taker.clock.advance(1);
    expect(taker.taken).toHaveLength(50);
    expect(taker.clock.pending).toBe(0);
  });

  test("goes no sooner because of unblockSoon while it waits for its time", () => {
    const taker = new Taker(1_000, 20, () => undefined);
    taker.queue.push(Buffer.alloc(40));
    taker.queue.block();
    taker.queue.unblockSoon();
    expect(taker.clock.pending).toBe(1);
    taker.clock.advance(19);
    expect(taker.taken).toHaveLength(20);
    taker.clock.advance(1);
    expect(taker.taken).toHaveLength(40);
  });

  test("takes what is pushed while a piece is passed on behind all else", () => {
    let left = 3;
    const taker = new Taker(1_000, 1_000, (queue) => {
      if (left-- > 0) queue.push(Buffer.from("b"));
    });
    taker.queue.push(Buffer.alloc(40, "a"));
    expect(taker.taken.toString()).toBe(`${"a".repeat(40)}bbb`);
    expect(taker.deepest).toBe(1);
  });

  test("says when the queue waits for its time, and when it no longer does", () => {
    const taker = new Taker(1_000, 20, () => undefined);
    taker.queue.push(Buffer.alloc(50));
    taker.clock.advance(1_000);
    expect(taker.events).toEqual([
      "waiting",
      "shrunk to 30",
      "shrunk to 10",
      "no longer waiting",
      "shrunk to 0",
    ]);
    expect(taker.clock.pending).toBe(0);
  });

  test("keeps the turn of one that is blocked, and charges it once", () => {
    const taker = new Taker(1_000, 20, () => undefined);
    taker.queue.push(Buffer.alloc(60));
    taker.queue.block();
    taker.clock.advance(1_000);
    expect(taker.taken).toHaveLength(20);
    taker.queue.unblock();
    expect(taker.taken).toHaveLength(60);
  });

  test("hurries: nothing waits any more, nor is charged", () => {
    const taker = new Taker(1_000, 20, () => undefined);
    taker.queue.push(Buffer.alloc(500));
    taker.queue.hurry();
    taker.queue.push(Buffer.alloc(500));
    expect(taker.taken).toHaveLength(1_000);
    expect(taker.clock.pending).toBe(0);
    expect(taker.events.at(-1)).toBe("shrunk to 0");
  });

  test("stops: what waits is dropped, and nothing is taken", () => {
    const taker = new Taker(1_000, 20, () => undefined);
    taker.queue.push(Buffer.alloc(500));
    taker.queue.stop();
    expect(taker.events.at(-1)).toBe("no longer waiting");
    taker.queue.push(Buffer.alloc(500));
    taker.queue.unblock();
    taker.queue.hurry();
    taker.queue.push(Buffer.alloc(500));
    taker.clock.advance(1_000);
    expect(taker.taken).toHaveLength(20);
    expect(taker.queue.bytes).toBe(0);
    expect(taker.clock.pending).toBe(0);
  });
});
