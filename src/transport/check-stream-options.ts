import type { StreamOptions } from "../reactor/stream-transport.ts";
import { changedWriteLimits, DEFAULT_WRITE_LIMITS } from "../reactor/write-limits.ts";

/**
 * That the settings of a connection can be used. Checked where they are given, because later there
 * is nobody to tell.
 *
 * @throws {RangeError} when they cannot
 */
export function checkStreamOptions(options: StreamOptions): void {
  const { closeTimeoutMs, writeLimits } = options;
  if (closeTimeoutMs !== undefined) checkTimeout("close", closeTimeoutMs);
  if (writeLimits !== undefined) changedWriteLimits(DEFAULT_WRITE_LIMITS, writeLimits);
}

/**
 * That something can be waited for so long.
 *
 * @param what what the timeout is for, such as `close`
 * @throws {RangeError} when it cannot
 */
export function checkTimeout(what: string, timeoutMs: number): void {
  if (Number.isFinite(timeoutMs) && timeoutMs >= 0) return;
  throw new RangeError(`A ${what} timeout of ${timeoutMs} ms is not a finite number of at least 0`);
}
