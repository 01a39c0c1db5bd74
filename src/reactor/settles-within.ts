import type { Clock } from "./clock.ts";

/**
 * Whether `promise` settles, either way, before `timeoutMs` are over by `clock`. Never rejects, and
 * leaves no timed call behind.
 *
 * @throws {RangeError} as a rejection, when `timeoutMs` is negative or not a finite number
 */
export async function settlesWithin(
  clock: Clock,
  timeoutMs: number,
  promise: Promise<unknown>,
): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  using _deadline = clock.callLater(timeoutMs, () => late.resolve(false));
  const settled = promise.then(
    () => true,
    () => true,
  );
  return await Promise.race([settled, late.promise]);
}
