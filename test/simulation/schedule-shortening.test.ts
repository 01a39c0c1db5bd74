import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { shortened } from "../../src/testing/schedule-shortening.ts";

const ENOUGH = 10_000;

describe("shortened", () => {
  test("takes away everything when nothing is needed", () => {
    expect(shortened(["a", "b", "c"], ENOUGH, () => true)).toEqual({ items: [], tries: 1 });
  });

  test("keeps everything when all of it is needed", () => {
    const all = ["a", "b", "c", "d"];
    const { items } = shortened(all, ENOUGH, (some) => some.length === all.length);
    expect(items).toEqual(all);
  });

  test("keeps exactly what is needed, in order, wherever it is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }).chain((count) =>
          fc.record({
            count: fc.constant(count),
            needed: fc.uniqueArray(fc.integer({ min: 0, max: Math.max(0, count - 1) }), {
              maxLength: Math.min(count, 5),
            }),
          }),
        ),
        ({ count, needed }) => {
          const all = Array.from({ length: count }, (_, index) => `item ${index}`);
          const wanted = needed.toSorted((a, b) => a - b).map((index) => `item ${index}`);
          const { items } = shortened(all, ENOUGH, (some) =>
            wanted.every((item) => some.includes(item)),
          );
          expect(items).toEqual(wanted);
        },
      ),
    );
  });

  test("of what fails in other ways too, nothing can be taken away", () => {
    fc.assert(
      fc.property(fc.integer(), (salt) => {
        // Whether a list fails follows no rule; only the whole one certainly does.
        const all = Array.from({ length: 12 }, (_, index) => `${index}`);
        const fails = (some: readonly string[]) =>
          some.length === all.length || Bun.hash(`${salt} ${some.join()}`) % 3n === 0n;
        const { items } = shortened(all, ENOUGH, fails);
        for (const item of items) expect(fails(items.filter((each) => each !== item))).toBe(false);
        expect(fails(items)).toBe(true);
      }),
    );
  });

  test("stops after so many tries, with what it has by then", () => {
    const all = Array.from({ length: 100 }, (_, index) => `item ${index}`);
    const wanted = ["item 3", "item 97"];
    const fails = (some: readonly string[]) => wanted.every((item) => some.includes(item));
    for (const maxTries of [0, 1, 5, 20]) {
      const { items, tries } = shortened(all, maxTries, fails);
      expect(tries).toBeLessThanOrEqual(maxTries);
      expect(fails(items)).toBe(true);
    }
  });
});
