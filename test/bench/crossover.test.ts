import { describe, expect, test } from "bun:test";
import { crossover } from "../../bench/send-strategies/crossover.ts";

function points(...gains: number[]) {
  return gains.map((gain, index) => ({ chunkBytes: 2 ** index, gain }));
}

describe("crossover", () => {
  test("is the smallest size from which buffering gains nothing", () => {
    expect(crossover(points(8, 4, 1.01, 0.99))).toBe(4);
  });

  test("is not a size after which buffering gains again", () => {
    expect(crossover(points(8, 1, 3, 0.9))).toBe(8);
  });

  test("is nowhere when buffering gains at the largest size", () => {
    expect(crossover(points(1, 1, 1.2))).toBeNull();
  });

  test("takes a few percent for nothing", () => {
    expect(crossover(points(1.04, 0.96))).toBe(1);
  });
});
