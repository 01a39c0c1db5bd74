import { shown } from "./check-options.ts";
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
 * `changes` applied to `current`; one that is `undefined` changes nothing.
 *
 * @throws {RangeError} unless 0 <= low <= high <= max
 * @throws {TypeError} when one is no number
 */
export function changedWriteLimits(
  current: WriteLimits,
  changes: Partial<WriteLimits>,
): WriteLimits {
  const { low = current.low, high = current.high, max = current.max } = changes;
  const areNumbers = [low, high, max].every((limit) => typeof limit === "number");
  if (areNumbers && low >= 0 && low <= high && high <= max) {
    return Object.freeze({ high, low, max });
  }
  const told = `Write limits of low ${shown(low)}, high ${shown(high)}, max ${shown(max)}`;
  if (!areNumbers) throw new TypeError(`${told} are not all numbers`);
  throw new RangeError(`${told} are not 0 <= low <= high <= max`);
}
