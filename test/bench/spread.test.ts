import { describe, expect, test } from "bun:test";
import { spreadOf, spreadOfRatios } from "../../bench/spread.ts";

describe("spreadOf", () => {
  test("has the middle one of an odd number of samples", () => {
    expect(spreadOf([5, 1, 3])).toEqual({ min: 1, median: 3, max: 5, samples: [5, 1, 3] });
  });

  test("has the mean of the middle two of an even number", () => {
    expect(spreadOf([4, 1, 2, 10]).median).toBe(3);
  });

  test("orders by number, not by digits", () => {
    expect(spreadOf([9, 10, 100]).median).toBe(10);
  });

  test("refuses what is no number, and nothing at all", () => {
    expect(() => spreadOf([1, Number.NaN])).toThrow(RangeError);
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});

describe("spreadOfRatios", () => {
  test("divides round by round, not median by median", () => {
    expect(spreadOfRatios([2, 30, 8], [1, 10, 2]).samples).toEqual([2, 3, 4]);
  });

  test("refuses different numbers of rounds", () => {
    expect(() => spreadOfRatios([1, 2], [1])).toThrow("Cannot compare 2 rounds with 1");
  });
});
