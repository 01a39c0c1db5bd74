import { describe, expect, test } from "bun:test";
import { SMALL_SERVICES } from "../../src/services/small-services.ts";

describe("SMALL_SERVICES", () => {
  test("has the five services with their RFCs and well-known ports, by port", () => {
    expect(SMALL_SERVICES.map(({ name, rfc, port }) => [name, rfc, port])).toEqual([
      ["echo", 862, 7],
      ["discard", 863, 9],
      ["daytime", 867, 13],
      ["chargen", 864, 19],
      ["time", 868, 37],
    ]);
  });

  test.each(SMALL_SERVICES)("a trial of $name names where to find it", ({ trial }) => {
    expect(trial.tcp("127.0.0.1", 10_001)).toContain("127.0.0.1 10001");
    expect(trial.udp("::1", 10_001)).toContain("-u");
    expect(trial.udp("::1", 10_001)).toContain("::1 10001");
  });
});
