import { describe, expect, test } from "bun:test";
import { simulate } from "../../src/testing/simulate.ts";
import { SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { sleep } from "../../src/task/sleep.ts";
import { TARGETS } from "./all-targets.ts";
import { anySeed } from "./any-seed.ts";
import { speak } from "./conversation.ts";

const SEEDS = 20;

describe("simulate", () => {
  test("the same seed gives the same trace and decisions, byte for byte", () => {
    const first = anySeed();
    for (const { scenario, options } of TARGETS) {
      const [one, another] = [0, 1].map(() => simulate(first, scenario, options));
      expect(another?.trace.join("\n")).toBe(one?.trace.join("\n") ?? "none");
      expect(another).toEqual(one ?? expect.unreachable());
    }
  });

  test("other seeds give other traces", () => {
    const traces = Array.from({ length: SEEDS }, (_, seed) =>
      simulate(seed, async (network) => void (await speak(network))).trace.join("\n"),
    );
    expect(new Set(traces).size).toBeGreaterThan(SEEDS / 2);
  });

  test("what is awaited goes on at its own virtual time, with other events between", () => {
    const seen: string[] = [];
    simulate(
      1,
      async (network) => {
        const speaker = await speak(network);
        seen.push(`connected at ${network.now()}`);
        await sleep(network, 150);
        seen.push(`${speaker.reason?.kind} at ${network.now()}`);
        for (let turn = 0; turn < 1_000; turn++) await null;
        seen.push(`a thousand promises later at ${network.now()}`);
      },
      { only: [] },
    );
    expect(seen).toEqual(["connected at 0", "done at 150", "a thousand promises later at 150"]);
  });

  test("recording changes nothing but what is kept", () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const recorded = simulate(seed, async (network) => void (await speak(network)));
      const network = new SimulatedNetwork({ seed, recording: false });
      network.begin(async () => void (await speak(network)));
      expect(network.finish()).toEqual({ ...recorded, trace: [], decisions: [] });
    }
  });

  test("scenarios draw numbers that depend on the seed alone", () => {
    const drawn = (seed: number, only?: string[]) => {
      const numbers: number[] = [];
      simulate(
        seed,
        ({ random }) => void numbers.push(random.next(), random.next()),
        only === undefined ? {} : { only },
      );
      return numbers;
    };
    expect(drawn(7)).toEqual(drawn(7, []));
    expect(drawn(7)).not.toEqual(drawn(8));
  });
});
