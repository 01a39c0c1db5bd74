import { numberFrom } from "./option-kinds.ts";

/** Linux takes no longer time before it probes a silent peer (MAX_TCP_KEEPIDLE). */
const MAX_KEEP_ALIVE_MS = 32_767_000;

const KEEP_ALIVE_DELAY = numberFrom(0, MAX_KEEP_ALIVE_MS);

/**
 * The delay of `setKeepAlive` in whole seconds, which is how the kernel counts it, and rounded up:
 * a shorter one would be none. 0 leaves the system's own.
 *
 * @throws {RangeError} when it is negative, not a number or longer than the system can wait
 * @throws {TypeError} when it is no number at all
 */
export function keepAliveSeconds(delayMs: number): number {
  KEEP_ALIVE_DELAY.check("setKeepAlive: delayMs", delayMs);
  return Math.ceil(delayMs / 1_000);
}
