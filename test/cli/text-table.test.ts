import { describe, expect, test } from "bun:test";
import { textTable } from "../../src/cli/text-table.ts";

describe("textTable", () => {
  test("aligns columns by their longest cell, two spaces apart", () => {
    const rows = [
      ["echo", "862"],
      ["discard", "863"],
    ];
    expect(textTable(["SERVICE", "RFC"], rows)).toEqual([
      "SERVICE  RFC",
      "echo     862",
      "discard  863",
    ]);
  });

  test("leaves no space at the end of a line", () => {
    expect(textTable(["A", "B"], [["long cell", ""]])).toEqual(["A          B", "long cell"]);
  });

  test("counts columns as a terminal shows them", () => {
    expect(textTable(["A", "B"], [["日本", "x"]])).toEqual(["A     B", "日本  x"]);
  });
});
