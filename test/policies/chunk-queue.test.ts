import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ChunkQueue } from "../../src/policies/chunk-queue.ts";

/** A chunk of so many bytes to push, or at most so many bytes to take. */
const operation = fc.record({
  push: fc.boolean(),
  bytes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 900, max: 20_000 })),
});

describe("ChunkQueue", () => {
  test("gives back what was pushed, in order, in pieces of at most the length asked for", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const queue = new ChunkQueue();
        const pushed: Uint8Array[] = [];
        const taken: Uint8Array[] = [];
        let value = 0;
        for (const { push, bytes } of operations) {
          if (push) {
            const chunk = Buffer.alloc(bytes, ++value);
            pushed.push(chunk);
            queue.push(chunk);
          } else {
            const piece = queue.take(bytes);
            expect(piece.length).toBeLessThanOrEqual(bytes);
            taken.push(piece);
          }
          const waiting = Buffer.concat(pushed).length - Buffer.concat(taken).length;
          expect(queue.bytes).toBe(waiting);
        }
        while (queue.bytes > 0) taken.push(queue.take(queue.bytes));
        expect(Buffer.concat(taken).equals(Buffer.concat(pushed))).toBe(true);
      }),
    );
  });

  test("takes nothing from nothing, also after clear", () => {
    const queue = new ChunkQueue();
    expect(queue.take(10)).toHaveLength(0);
    queue.push(Buffer.from("x"));
    queue.clear();
    expect(queue.bytes).toBe(0);
    expect(queue.take(10)).toHaveLength(0);
  });

  test("one chunk is kept as it is, and a few of a byte each take up a kilobyte or two", () => {
    const byte = Buffer.from("x");
    for (const [count, mostBytes] of [
      [1, 100],
      [10, 4_000],
    ] as const) {
      const queues = Array.from({ length: 1_000 }, () => new ChunkQueue());
      const before = process.memoryUsage().arrayBuffers;
      for (const queue of queues) for (let n = 0; n < count; n++) queue.push(byte);
      const added = process.memoryUsage().arrayBuffers - before;
      expect(added).toBeLessThan(mostBytes * queues.length);
      expect(queues.every((queue) => queue.bytes === count)).toBe(true);
    }
  });

  test("joins small chunks, so that a million of them are a few pieces", () => {
    const queue = new ChunkQueue();
    const chunk = Buffer.from("x");
    for (let count = 0; count < 1_000_000; count++) queue.push(chunk);
    let pieces = 0;
    for (; queue.bytes > 0; pieces++) queue.take(queue.bytes);
    expect(pieces).toBeLessThan(100);
  });
});
