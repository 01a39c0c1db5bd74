import { describe, expect, test } from "bun:test";
import { type Exploration, ExplorationError, explore } from "../../src/testing/explore.ts";
import type { FaultKind } from "../../src/testing/fault-kind.ts";
import { simulate } from "../../src/testing/simulate.ts";
import type { Scenario } from "../../src/testing/simulated-network.ts";
import { BrokenInvariant } from "../../src/testing/simulation-result.ts";
import { SPEECH, speak } from "./conversation.ts";

/** The answer comes whole: wrong as soon as a stream is cut. */
const wholeAnswer: Scenario = async (network) => {
  const speaker = await speak(network);
  network.atEnd(() => {
    if (speaker.received === SPEECH) expect(speaker.chunks.length).toBe(1);
  });
};

/** The answer comes, however it comes. */
const anyAnswer: Scenario = async (network) => {
  const speaker = await speak(network);
  network.atEnd(() => expect(SPEECH.startsWith(speaker.received)).toBe(true));
};

/** What `run` throws. */
function thrownBy(run: () => Exploration): unknown {
  return failureOf(run) ?? expect.unreachable("It threw nothing");
}

/** What `run` throws; null when it throws nothing. */
function failureOf(run: () => unknown): Error | null {
  try {
    run();
    return null;
  } catch (error) {
    return error as Error;
  }
}

describe("explore", () => {
  test("tells the seed, the schedule, the shortened one and how to see it again", () => {
    const error = thrownBy(() => explore({ runs: 1_000, seed: 1, faults: ["cut"] }, wholeAnswer));
    if (!(error instanceof ExplorationError)) throw error;
    const { message, seed, only } = error;
    expect(only.length).toBe(1);
    expect(only[0]).toMatch(/^1[<>] cut \d+$/);
    expect(message).toMatch(/^An invariant broke in run \d+ of 1000, with seed \d+: /);
    expect(message).toMatch(/^The schedule: \d+ decisions? in \d+ ms$/m);
    expect(message).toMatch(
      /^ +\d+ ms {2}1[<>] cut \d+ +cut after byte \d+; the rest comes \d+ ms/m,
    );
    expect(message).toMatch(/^Shortened in \d+ tries: /m);
    expect(message).toContain("1 client  connectionMade");
    expect(message).toContain(
      `To see it again: simulate(${seed}, scenario, { only: ${JSON.stringify(only)} })`,
    );
    expect(() => simulate(seed, wholeAnswer, { only })).toThrow(`Seed ${seed}: `);
    expect(() => simulate(seed, wholeAnswer, { only: [] })).not.toThrow();
  });

  test("the call that repeats it has the options that it was run with", () => {
    const options = { runs: 1_000, seed: 1, maxSteps: 5_000, localHosts: new Set(["192.0.2.1"]) };
    const message = String(thrownBy(() => explore({ ...options, faults: ["cut"] }, wholeAnswer)));
    const settings = 'maxSteps: 5000, localHosts: ["192.0.2.1"]';
    expect(message).toMatch(/^To see it again: .*$/m);
    expect(message).toContain(`scenario, { ${settings}, only: [`);
    expect(message).toContain(`scenario, { ${settings}, faults: ["cut"] })`);
  });

  test("its cause is what the check threw", () => {
    const cause = new Error("as it is");
    const error = thrownBy(() =>
      explore({ runs: 1, seed: 1 }, () => {
        throw cause;
      }),
    );
    expect(error).toMatchObject({ name: "ExplorationError", cause });
  });

  test("what fails on a perfect network is found first, and has no schedule", () => {
    const never: Scenario = (network) => network.atEnd(() => expect(network.now()).toBe(-1));
    const error = thrownBy(() => explore({ runs: 10, seed: 1 }, never));
    expect(error).toMatchObject({ only: [] });
    expect(String(error)).toContain("An invariant broke without any faults");
    expect(String(error)).toContain("none: it happens on a perfect network too");
  });

  test("counts in how many runs each fault took effect, and what it cost", () => {
    const { runs, steps, faults } = explore({ runs: 300, seed: 1 }, anyAnswer);
    expect(runs).toBe(300);
    expect(steps).toBeGreaterThan(3_000);
    for (const [kind, count] of Object.entries(faults)) {
      if (kind.startsWith("datagram-")) expect(count).toBe(0);
      else expect([kind, count > 0 && count < 300]).toEqual([kind, true]);
    }
  });

  test("only the faults that are allowed take effect", () => {
    const { faults } = explore({ runs: 300, seed: 1, faults: ["cut", "latency"] }, anyAnswer);
    const taken = Object.entries(faults).filter(([, count]) => count > 0);
    expect(taken.map(([kind]) => kind).toSorted()).toEqual(["cut", "latency"]);
  });

  test("each run has the next seed, so that one can be had alone", () => {
    const { faults } = explore({ runs: 1, seed: 1_004 }, anyAnswer);
    const alone = Object.entries(faults).filter(([, count]) => count > 0);
    expect(alone.map(([kind]) => kind)).toEqual(simulate(1_004, anyAnswer).faults as string[]);
    expect(thrownBy(() => explore({ runs: 1_000, seed: 1 }, wholeAnswer))).toMatchObject({
      seed: firstSeedThatFails(1, wholeAnswer),
    });
  });

  test("numbers that would try nothing are refused", () => {
    for (const runs of [Number.NaN, -1, 0.5]) {
      expect(thrownBy(() => explore({ runs, seed: 1 }, anyAnswer))).toBeInstanceOf(RangeError);
    }
    expect(() => simulate(Number.NaN, anyAnswer)).toThrow("A seed of NaN is no whole number");
    expect(() => simulate(1, anyAnswer, { maxSteps: Number.NaN })).toThrow(RangeError);
    const maxTries = Number.NaN;
    expect(() => explore({ runs: 0, seed: 1, maxTries }, anyAnswer)).toThrow(RangeError);
  });

  test("a fault that there is not is refused", () => {
    const faults = ["resets" as FaultKind];
    expect(() => simulate(1, anyAnswer, { faults })).toThrow("resets is no fault: one of latency");
  });

  test("the shortened schedule breaks what the whole one broke, and nothing easier", () => {
    const twoFaults: Scenario = async (network) => {
      const speaker = await speak(network);
      const connectedAtMs = network.now();
      network.atEnd(() => {
        if (connectedAtMs > 0) throw new Error("it was late");
      });
      network.atEnd(() => {
        if (speaker.chunks.length > 1) throw new Error("it was cut");
      });
    };
    const faults: FaultKind[] = ["latency", "cut"];
    let found = 0;
    for (let seed = 1; found < 10; seed++) {
      const error = failureOf(() => simulate(seed, twoFaults, { faults }));
      if (!(error instanceof BrokenInvariant) || error.result.faults.length < 2) continue;
      if (!error.message.endsWith("it was late")) continue;
      const finding = thrownBy(() => explore({ runs: 1, seed, faults }, twoFaults));
      expect(String(finding)).toMatch(/^Shortened in \d+ tries: it was late$/m);
      expect(finding).toMatchObject({ only: [expect.stringMatching(/^1[<>] latency$/)] });
      found++;
    }
  });

  test("of a long trace both ends are shown: how it began, and where it broke", () => {
    const endless: Scenario = (network) => {
      network.note("the beginning");
      const again = () => {
        network.note(`round ${network.now()}`);
        network.callLater(1, again);
      };
      again();
    };
    const { message } = thrownBy(() =>
      explore({ runs: 1, seed: 1, maxSteps: 1_000 }, endless),
    ) as Error;
    const [, trace = ""] = message.split("What happened then:\n");
    expect(trace).toContain("the beginning\n");
    expect(trace).toMatch(/^ +\d+ lines between$/m);
    expect(trace).toContain("round 998\n");
    expect(trace.split("\n").length).toBeLessThan(100);
  });

  test("a scenario that does something by real chance is told so", () => {
    let runs = 0;
    const moody: Scenario = () => {
      if (++runs === 5) throw new Error("not today");
    };
    const error = thrownBy(() => explore({ runs: 10, seed: 1 }, moody));
    expect(String(error)).toContain("failed once and not again");
  });

  test("the number of tries to shorten is bounded", () => {
    let runs = 0;
    const counted: Scenario = async (network) => {
      runs++;
      await wholeAnswer(network);
    };
    thrownBy(() => explore({ runs: 1_000, seed: 1, maxTries: 0 }, counted));
    const withoutTries = runs;
    runs = 0;
    thrownBy(() => explore({ runs: 1_000, seed: 1, maxTries: 3 }, counted));
    expect(runs - withoutTries).toBeLessThanOrEqual(3);
  });
});

function firstSeedThatFails(from: number, scenario: Scenario): number {
  for (let seed = from; ; seed++) {
    try {
      simulate(seed, scenario);
    } catch {
      return seed;
    }
  }
}
