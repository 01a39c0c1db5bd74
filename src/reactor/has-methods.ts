/** Whether `value` is an object that has functions by all these names, its own or its class's. */
export function hasMethods(value: unknown, ...names: readonly (string | symbol)[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  const members = value as Readonly<Record<string | symbol, unknown>>;
  return names.every((name) => typeof members[name] === "function");
}
