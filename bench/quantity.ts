const PREFIXES: readonly (readonly [number, string])[] = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** Three significant digits, and a prefix for thousands: `3.21M`, `842`, `0.0313`. */
export function formatQuantity(value: number): string {
  const size = Math.abs(value);
  // From here on three digits would be rounded up to the next thousand.
  const prefix = PREFIXES.find(([factor]) => size >= factor * 0.9995);
  if (prefix === undefined) return threeDigits(value);
  return `${threeDigits(value / prefix[0])}${prefix[1]}`;
}

function threeDigits(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1_000) return String(value);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(size)));
  return value.toFixed(Math.min(decimals, 6));
}
