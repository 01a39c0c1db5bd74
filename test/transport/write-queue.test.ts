import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryLoop } from "../../src/testing/memory-loop.ts";
import { SLAB_BYTES, Turn } from "../../src/transport/turn.ts";
import { MAX_COPIED_BYTES as SMALL_BYTES, WriteQueue } from "../../src/transport/write-queue.ts";

function newQueue(): WriteQueue {
  return new WriteQueue(new Turn(new MemoryLoop({ automatic: false }), new MemoryLogger()));
}

/** Takes out up to `count` bytes of the next piece, as a send that the kernel cut short. */
function take(queue: WriteQueue, count: number): Buffer {
  const length = Math.min(count, queue.length);
  const taken = Buffer.from(queue.buffer.subarray(queue.offset, queue.offset + length));
  queue.advance(length);
  return taken;
}

function numbered(length: number, start: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (start + index) % 251));
}

describe("WriteQueue", () => {
  test("a single chunk is offered as it is, not copied", () => {
    const queue = newQueue();
    const chunk = Buffer.from("abc");
    queue.push(chunk);
    expect(queue.buffer).toBe(chunk);
    expect([queue.bytes, queue.offset, queue.length]).toEqual([3, 0, 3]);
  });

  test("small chunks are offered as one piece", () => {
    const queue = newQueue();
    for (let index = 0; index < 1000; index++) queue.push(Buffer.from("0123456789"));
    expect(queue.length).toBe(10_000);
    expect(take(queue, 10_000).toString()).toBe("0123456789".repeat(1000));
    expect(queue.bytes).toBe(0);
  });

  test("a large chunk between small ones keeps its place and is not copied", () => {
    const queue = newQueue();
    const large = Buffer.alloc(SMALL_BYTES + 1, "L");
    queue.push(Buffer.from("a"));
    queue.push(Buffer.from("b"));
    queue.push(large);
    queue.push(Buffer.from("c"));
    queue.push(Buffer.from("d"));
    expect(take(queue, 99).toString()).toBe("ab");
    expect(queue.buffer).toBe(large);
    queue.advance(queue.length);
    expect(take(queue, 99).toString()).toBe("cd");
  });

  test("large chunks that lie one behind the other in memory are offered as one", () => {
    const queue = newQueue();
    const read = numbered(4 * 65_536, 0);
    for (let start = 0; start < read.length; start += 65_536) {
      queue.push(read.subarray(start, start + 65_536));
    }
    expect(queue.length).toBe(read.length);
    expect(queue.buffer.buffer).toBe(read.buffer);
    expect(take(queue, read.length).equals(read)).toBe(true);
  });

  test("large chunks of one memory in another order stay apart", () => {
    const queue = newQueue();
    const read = numbered(2 * 65_536, 0);
    const [first, second] = [read.subarray(0, 65_536), read.subarray(65_536)];
    queue.push(second);
    queue.push(first);
    expect(take(queue, read.length).equals(second)).toBe(true);
    expect(take(queue, read.length).equals(first)).toBe(true);
  });

  for (const size of [10, SMALL_BYTES + 1]) {
    test(`a chunk of ${size} bytes that was transferred is not intact, and can be dropped`, () => {
      const queue = newQueue();
      const chunk = new Uint8Array(size);
      queue.push(chunk);
      queue.push(Buffer.alloc(100));
      const before = queue.isIntact;
      structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
      // A small one was copied, and nobody minds what becomes of it.
      expect([before, queue.isIntact]).toEqual([true, size === 10]);
      queue.clear();
      expect([queue.bytes, queue.length]).toEqual([0, 0]);
    });
  }

  test("one piece never grows beyond a slab", () => {
    const queue = newQueue();
    for (let index = 0; index < 10; index++) queue.push(Buffer.alloc(SMALL_BYTES));
    const lengths: number[] = [];
    while (queue.bytes > 0) lengths.push(take(queue, Number.POSITIVE_INFINITY).length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(SLAB_BYTES);
    expect(lengths.length).toBe(3);
  });

  test("clear drops everything and the queue goes on", () => {
    const queue = newQueue();
    for (let index = 0; index < 30; index++) queue.push(Buffer.alloc(10_000, index));
    queue.clear();
    expect(queue.bytes).toBe(0);
    queue.push(Buffer.from("next"));
    expect(take(queue, 99).toString()).toBe("next");
  });

  test("an empty queue has nothing to offer", () => {
    const queue = newQueue();
    expect(queue.length).toBe(0);
    expect(() => queue.buffer).toThrow("empty");
  });

  test("whatever is pushed and however it is taken, the bytes come out in order", () => {
    const push = fc
      .oneof(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: SMALL_BYTES - 2, max: SMALL_BYTES + 2 }),
        fc.integer({ min: SLAB_BYTES - 2, max: SLAB_BYTES + 2 }),
      )
      .map((size) => ({ kind: "push" as const, size }));
    const send = fc
      .oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 100_000 }))
      .map((size) => ({ kind: "take" as const, size }));
    fc.assert(
      fc.property(fc.array(fc.oneof(push, send), { maxLength: 60 }), (steps) => {
        const queue = newQueue();
        const pushed: Buffer[] = [];
        const taken: Buffer[] = [];
        let [inBytes, outBytes] = [0, 0];
        for (const { kind, size } of steps) {
          if (kind === "push") {
            const chunk = numbered(size, inBytes);
            pushed.push(chunk);
            queue.push(chunk);
            inBytes += size;
          } else if (queue.bytes > 0) {
            const piece = take(queue, size);
            taken.push(piece);
            outBytes += piece.length;
          }
          expect(queue.bytes).toBe(inBytes - outBytes);
        }
        while (queue.bytes > 0) taken.push(take(queue, Number.POSITIVE_INFINITY));
        expect(Buffer.concat(taken).equals(Buffer.concat(pushed))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test("many tiny chunks behind large ones cost memory in proportion to their bytes", () => {
    const taken: number[] = [];
    const turn = new Turn(new MemoryLoop({ automatic: false }), new MemoryLogger());
    const takeSlab = turn.takeSlab.bind(turn);
    turn.takeSlab = () => {
      taken.push(1);
      return takeSlab();
    };
    const returned: number[] = [];
    const returnSlab = turn.returnSlab.bind(turn);
    turn.returnSlab = (slab) => {
      returned.push(1);
      returnSlab(slab);
    };
    const queue = new WriteQueue(turn);
    for (let index = 0; index < 50; index++) {
      queue.push(Buffer.alloc(SMALL_BYTES + 1));
      queue.push(Buffer.from("tiny"));
    }
    expect(taken.length - returned.length).toBeLessThanOrEqual(1);
  });
});
