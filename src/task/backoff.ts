import { checkOptions, type OptionKind } from "../reactor/check-options.ts";
import { DURATION, FUNCTION, numberOf } from "../reactor/option-kinds.ts";

/** How long to wait before trying again after `attempt` failures in a row, in milliseconds. */
export type RetryPolicy = (attempt: number) => number;

/** Who has failed this often gains nothing by waiting ever longer, however slow the growth. */
const MAX_EXPONENT = 100;

/** The shape of a `backoff`. */
export interface BackoffOptions {
  /** The delay of attempt 0; 1000 unless told. */
  readonly initialMs?: number;
  /** What the delay grows to, before jitter; 60000 unless told. */
  readonly maxMs?: number;
  /** What each further attempt multiplies the delay by; 1.5 unless told. */
  readonly factor?: number;
  /**
   * Up to how much is added by chance, so that clients that lost one server do not all come back
   * at once; 1000 unless told.
   */
  readonly jitterMs?: number;
  /** Chance: a number of at least 0 and below 1; `Math.random` unless told. */
  readonly random?: () => number;
}

const DELAY = numberOf("a finite number above 0", (value) => Number.isFinite(value) && value > 0);

const OPTIONS = {
  initialMs: DELAY,
  maxMs: DELAY,
  factor: numberOf("a finite number of at least 1", (value) => {
    return Number.isFinite(value) && value >= 1;
  }),
  jitterMs: DURATION,
  random: FUNCTION,
} satisfies Record<keyof BackoffOptions, OptionKind>;

/**
 * A policy of delays that grow by a factor: `min(initialMs × factor^attempt, maxMs)` and some
 * jitter. Ask it with 1 after the first failure. From attempt 100 on the delay grows no more.
 *
 * @throws {RangeError} when a number is out of range
 * @throws {TypeError} for an option that is none
 */
export function backoff(options: BackoffOptions = {}): RetryPolicy {
  checkOptions("backoff", options, OPTIONS);
  const { initialMs = 1_000, maxMs = 60_000, factor = 1.5, jitterMs = 1_000 } = options;
  const { random = Math.random } = options;
  return (attempt) => {
    const grown = initialMs * factor ** Math.min(attempt, MAX_EXPONENT);
    return Math.min(grown, maxMs) + jitterMs * random();
  };
}
