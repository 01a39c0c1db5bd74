/** Enough to tell checks apart, and few enough that it does not matter how it came to a check. */
const FRAMES = 2;

/**
 * What a failure is known by, whatever it says of the numbers and bytes of its run: the kind of
 * each error in the chain of causes, and where in the program it was made.
 */
export function failurePlace(failure: unknown): string {
  const places: string[] = [];
  const seen = new Set<unknown>();
  let error = failure;
  for (; error instanceof Error && !seen.has(error); error = error.cause) {
    seen.add(error);
    const lines = error.stack?.split("\n") ?? [];
    places.push(error.name, ...lines.filter((line) => /^\s+at /.test(line)).slice(0, FRAMES));
  }
  return places.join("\n");
}
