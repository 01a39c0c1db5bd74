const PREFIXES: readonly (readonly [number, string])[] = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** Three significant digits, and a prefix for thousands: `3.21M`, `842`, `0.0313`. */
export function formatQuantity(value: number): string {
  // Rounded first: 999.7 is a thousand.
  const rounded = Number(value.toPrecision(3));
  const size = Math.abs(rounded);
  if (Number.isInteger(value) && size < 1_000) return String(value);
  const [factor, symbol] = PREFIXES.find(([least]) => size >= least) ?? [1, ""];
  return `${(rounded / factor).toFixed(decimals(size / factor))}${symbol}`;
}

/** So many that three digits are shown, down to millionths. */
function decimals(size: number): number {
  if (size === 0) return 0;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(size))));
}
