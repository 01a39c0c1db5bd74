import { describe, expect, test } from "bun:test";
import { DescriptorReserve } from "../../src/bun/descriptor-reserve.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";

function reserveOf(limit: number) {
  const [logger, clock] = [new MemoryLogger(), new ManualClock()];
  return { reserve: new DescriptorReserve(logger, clock, () => limit), logger, clock };
}

/** The limit, and the first number of a connection that is turned away. */
const CASES: readonly [number, number][] = [
  [32, 28],
  [64, 56],
  [128, 112],
  [256, 224],
  [512, 448],
  [1_024, 960],
  [1_048_576, 1_048_512],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
];

describe("DescriptorReserve", () => {
  for (const [limit, first] of CASES) {
    test(`of ${limit} descriptors connections may have those below ${first}`, () => {
      const { reserve } = reserveOf(limit);
      expect(reserve.leavesEnough(Math.min(first, 2_000_000) - 1)).toBe(true);
      expect(reserve.leavesEnough(first)).toBe(false);
    });
  }

  test("connects may have all but the last four", () => {
    const { reserve, logger } = reserveOf(64);
    expect([reserve.lendsTo(59), reserve.lendsTo(60)]).toEqual([true, false]);
    expect(logger.reports).toEqual([]);
  });

  test("a low limit is told of when something listens, once", () => {
    const { reserve, logger } = reserveOf(64);
    reserve.listens();
    reserve.listens();
    expect(logger.reports.map(({ message }) => message)).toEqual([
      "this process may have only 64 descriptors: connections are turned away when 56 are in " +
        "use; raise the limit (ulimit -n) to serve more",
    ]);
    const usual = reserveOf(512);
    usual.reserve.listens();
    expect(usual.logger.reports).toEqual([]);
  });

  test("the first connection that is turned away is told of, and then a minute's at a time", () => {
    const { reserve, logger, clock } = reserveOf(64);
    const told = () => logger.reports.map(({ message }) => message.split(",")[0] ?? "");
    reserve.leavesEnough(56);
    expect(told()).toEqual(["connections turned away: 1"]);
    for (let count = 0; count < 10; count++) reserve.leavesEnough(56);
    clock.advance(59_999);
    reserve.leavesEnough(60);
    expect(told()).toHaveLength(1);
    clock.advance(1);
    reserve.leavesEnough(60);
    expect(told()).toEqual(["connections turned away: 1", "connections turned away: 12"]);
  });
});
