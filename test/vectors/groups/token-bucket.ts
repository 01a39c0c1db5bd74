import { TokenBucket } from "../../../src/task/token-bucket.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { amount, either, flag, nullable, seconds, toMillionths } from "../notation/scalars.ts";
import { fields, listOf, verbs } from "../notation/shapes.ts";
import { once, type VectorGroup, vectorGroup } from "../vector-group.ts";

/** A bucket of tokens, which are taken (`add`) and come back (`drip`); `null` is no limit. */
export const TOKEN_BUCKET: VectorGroup = vectorGroup({
  name: "tokenBucket",
  input: {
    rate: nullable(amount),
    maxburst: nullable(amount),
    ops: listOf(verbs({ add: [amount], sleep: [seconds], drip: [] })),
  },
  expect: fields({ results: listOf(either(amount, flag)), content: amount }),
  observe({ rate, maxburst, ops }) {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, {
      ratePerSecond: rate ?? Number.POSITIVE_INFINITY,
      burst: maxburst ?? Number.POSITIVE_INFINITY,
    });
    const results: (number | boolean)[] = [];
    for (const op of ops) {
      switch (op[0]) {
        case "add":
          results.push(toMillionths(bucket.take(op[1])));
          break;
        case "sleep":
          clock.advance(op[1]);
          break;
        case "drip":
          results.push(bucket.refill());
          break;
      }
    }
    return once({ results, content: toMillionths(bucket.used) });
  },
});
