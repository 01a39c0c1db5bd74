/**
 * Has a time that cannot be waited for refused where it is given; a timer would refuse it later,
 * when there is nobody to tell.
 *
 * @param name what the caller calls it, such as `idleMs`
 * @throws {RangeError} when it is not a finite number of at least 0
 */
export function checkDuration(name: string, durationMs: number): void {
  if (Number.isFinite(durationMs) && durationMs >= 0) return;
  throw new RangeError(`${name} of ${durationMs} is not a finite number of at least 0`);
}
