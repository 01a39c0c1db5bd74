import type { WriteLimits } from "./stream-transport.ts";

/**
 * 64 KiB and 16 KiB are asyncio's marks: a producer is told before much memory is spent and still
 * has time to refill. 16 MiB holds any single message of common protocols, and a thousand slow
 * readers at once on a machine of 16 GiB.
 */
export const DEFAULT_WRITE_LIMITS: WriteLimits = Object.freeze({
  high: 65_536,
  low: 16_384,
  max: 16_777_216,
});

/**
 * `changes` applied to `current`.
 *
 * @throws {RangeError} unless 0 <= low <= high <= max
 */
export function changedWriteLimits(
  current: WriteLimits,
  changes: Partial<WriteLimits>,
): WriteLimits {
  const limits = { ...current, ...changes };
  const { low, high, max } = limits;
  if (low >= 0 && low <= high && high <= max) return Object.freeze(limits);
  throw new RangeError(
    `Write limits of low ${low}, high ${high}, max ${max} are not 0 <= low <= high <= max`,
  );
}
