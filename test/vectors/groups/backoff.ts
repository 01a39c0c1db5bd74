import { backoff } from "../../../src/task/backoff.ts";
import { number, seconds, wholeNumber } from "../notation/scalars.ts";
import { fields, listOf, withDefault } from "../notation/shapes.ts";
import { Approximately } from "../strict-comparison.ts";
import { once, type VectorGroup, vectorGroup } from "../vector-group.ts";

/** Delays that grow; the jitter of a vector is what chance adds each time. */
export const BACKOFF_POLICY: VectorGroup = vectorGroup({
  name: "backoffPolicy",
  input: {
    config: fields({ initialDelay: seconds, maxDelay: seconds, factor: number, jitter: seconds }),
    attempts: listOf(wholeNumber),
    tolerance: withDefault(number, 0),
  },
  expect: listOf(number),
  expected: (delays, { tolerance }) => delays.map((delay) => new Approximately(delay, tolerance)),
  observe({ config, attempts }) {
    const delayMs = backoff({
      initialMs: config.initialDelay,
      maxMs: config.maxDelay,
      factor: config.factor,
      jitterMs: config.jitter,
      random: () => 1,
    });
    return once(attempts.map((attempt) => delayMs(attempt) / 1_000));
  },
});
