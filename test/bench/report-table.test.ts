import { describe, expect, test } from "bun:test";
import { formatQuantity } from "../../bench/quantity.ts";
import { alignedTable, reportTable } from "../../bench/report-table.ts";
import { spreadOf } from "../../bench/spread.ts";

describe("formatQuantity", () => {
  for (const [value, text] of [
    [0, "0"],
    [7, "7"],
    [0.03125, "0.0313"],
    [1.005, "1.00"],
    [842.4, "842"],
    [999.7, "1.00k"],
    [1_234, "1.23k"],
    [3_211_000, "3.21M"],
    [2_500_000_000, "2.50G"],
    [-19.84, "-19.8"],
  ] as const) {
    test(`writes ${value} as ${text}`, () => expect(formatQuantity(value)).toBe(text));
  }
});

describe("reportTable", () => {
  test("aligns words to the left and numbers to the right", () => {
    expect(
      alignedTable(
        ["kind", "n"],
        [
          ["a", "10"],
          ["bcdef", "9"],
        ],
      ),
    ).toBe(["kind    n", "-----  --", "a      10", "bcdef   9"].join("\n"));
  });

  test("shows the median, the lowest and the highest, and a dash for what is not there", () => {
    const rows = [
      { parameters: { way: "a" }, measures: { "x/s": spreadOf([1, 2, 3]) } },
      { parameters: { way: "b" }, measures: { "y/s": spreadOf([1_000]) } },
    ];
    expect(reportTable(rows).split("\n").slice(2)).toEqual([
      "a    2 (1..3)                     -",
      "b           -  1.00k (1.00k..1.00k)",
    ]);
  });
});
