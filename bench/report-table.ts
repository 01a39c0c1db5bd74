import type { ResultRow } from "./benchmark.ts";
import { formatQuantity } from "./quantity.ts";
import type { Spread } from "./spread.ts";

/**
 * The rows as an aligned table: the parameters, then each measure as its median with the lowest and
 * the highest round behind it. A row that lacks a column shows a dash.
 */
export function reportTable(rows: readonly ResultRow[]): string {
  const parameters = [...new Set(rows.flatMap((row) => Object.keys(row.parameters)))];
  const measures = [...new Set(rows.flatMap((row) => Object.keys(row.measures)))];
  const cells = rows.map((row) => [
    ...parameters.map((name) => String(row.parameters[name] ?? "-")),
    ...measures.map((name) => formatSpread(row.measures[name])),
  ]);
  return alignedTable([...parameters, ...measures], cells);
}

/** Pads every column to its widest cell: words to the left, and numbers to the right. */
export function alignedTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const isNumeric = header.map((_, column) =>
    rows.every((row) => /^[-\d]/.test(row[column] ?? "-")),
  );
  const lines = [header, widths.map((width) => "-".repeat(width)), ...rows].map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumeric[column] === true ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

function formatSpread(spread: Spread | undefined): string {
  if (spread === undefined) return "-";
  const { min, median, max } = spread;
  return `${formatQuantity(median)} (${formatQuantity(min)}..${formatQuantity(max)})`;
}
