import { describe, expect, test } from "bun:test";
import { alternatingRounds } from "../../bench/alternating-rounds.ts";

describe("alternatingRounds", () => {
  test("goes through the contenders forwards and backwards in turn", async () => {
    const order: string[] = [];
    await alternatingRounds(["a", "b", "c"], 3, async (contender) => order.push(contender));
    expect(order.join("")).toBe("abccbaabc");
  });

  test("gives each its own results, round by round", async () => {
    const results = await alternatingRounds([10, 20], 2, async (contender, round) => {
      return contender + round;
    });
    expect([...results]).toEqual([
      [10, [10, 11]],
      [20, [20, 21]],
    ]);
  });
});
