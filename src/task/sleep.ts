import type { Clock } from "../reactor/clock.ts";
import type { WaitOptions } from "./wait-options.ts";

/**
 * Resolves `delayMs` from now, by `clock`; never, when that is a reactor that stops before.
 *
 * @param options.signal cancels the sleep, which leaves no timed call behind
 * @throws {RangeError} as a rejection, when `delayMs` is negative or not a finite number
 */
export function sleep(clock: Clock, delayMs: number, options: WaitOptions = {}): Promise<void> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const call = clock.callLater(delayMs, wake);
    signal?.addEventListener("abort", cancel);

    function wake(): void {
      signal?.removeEventListener("abort", cancel);
      resolve();
    }

    function cancel(): void {
      signal?.removeEventListener("abort", cancel);
      call[Symbol.dispose]();
      reject(signal?.reason);
    }
  });
}
