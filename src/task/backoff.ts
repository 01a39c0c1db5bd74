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

/**
 * A policy of delays that grow by a factor: `min(initialMs × factor^attempt, maxMs)` and some
 * jitter. Ask it with 1 after the first failure. From attempt 100 on the delay grows no more.
 *
 * @throws {RangeError} when a number is out of range
 */
export function backoff(options: BackoffOptions = {}): RetryPolicy {
  const { initialMs = 1_000, maxMs = 60_000, factor = 1.5, jitterMs = 1_000 } = options;
  const { random = Math.random } = options;
  mustBe(initialMs > 0 && Number.isFinite(initialMs), "an initialMs", initialMs, "above 0");
  mustBe(maxMs > 0 && Number.isFinite(maxMs), "a maxMs", maxMs, "above 0");
  mustBe(factor >= 1 && Number.isFinite(factor), "a factor", factor, "of at least 1");
  mustBe(jitterMs >= 0 && Number.isFinite(jitterMs), "a jitterMs", jitterMs, "of at least 0");
  return (attempt) => {
    const grown = initialMs * factor ** Math.min(attempt, MAX_EXPONENT);
    return Math.min(grown, maxMs) + jitterMs * random();
  };
}

function mustBe(holds: boolean, what: string, value: number, wanted: string): void {
  if (holds) return;
  throw new RangeError(`Cannot back off with ${what} of ${value}: a number ${wanted} is needed`);
}
