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
  test("divides slice by slice, not median by median", () => {
    expect(spreadOfRatios([2, 30, 8], [1, 10, 2], 1).samples).toEqual([2, 3, 4]);
  });

  test("takes the median of the slices of a round, so that one odd slice decides nothing", () => {
    expect(spreadOfRatios([2, 2, 90, 6, 6, 6], [1, 1, 1, 2, 2, 1], 3).samples).toEqual([2, 3]);
  });

  test("refuses different numbers of slices, and half a round", () => {
    expect(() => spreadOfRatios([1, 2], [1], 1)).toThrow("Cannot compare 2 slices with 1");
    expect(() => spreadOfRatios([1, 2, 3], [1, 2, 3], 2)).toThrow("2 a round");
  });
});
