/**
 * Has a limit that is none refused where it is given: every comparison with NaN is false, so it
 * would let anything through.
 *
 * @throws {RangeError} when `maxLength` is not a number of at least 0; infinity is one
 */
export function checkMaxLength(maxLength: number): void {
  if (maxLength >= 0) return;
  throw new RangeError(`Cannot allow a maxLength of ${maxLength}: at least 0 is needed`);
}
