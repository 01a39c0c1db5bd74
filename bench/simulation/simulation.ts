/** How many hostile networks a second a conversation is run through, on one core. */
import { Echo, Factory, Protocol } from "pretzel";
import {
  ExplorationError,
  explore,
  type Scenario,
  simulate,
  type SimulatedNetwork,
} from "pretzel/testing";
import { alternatingRounds } from "../alternating-rounds.ts";
import { type Benchmark, mustEqual } from "../benchmark.ts";
import { formatQuantity } from "../quantity.ts";
import { spreadOf } from "../spread.ts";

/** Runs in one measurement. The first ones of a process are slower: nothing is compiled yet. */
const RUNS = { full: 20_000, smoke: 20 } as const;

/** In so many there is certainly a slow one. */
const RUNS_TO_FIND = 500;

const HOST = "127.0.0.1";
const PORT = 7;

/** How much a client says, each time when the answer to what it said before is complete. */
const MESSAGES = 8;
const MESSAGE = "The quick brown fox jumps over the lazy dog.\n";

/** What `explore` must do at least: enough for thousands of schedules in the time of one test. */
const GOAL_RUNS_PER_SECOND = 2_000;

/** Says something, waits until it came back, and in the end closes. */
class Talker extends Protocol {
  answers = 0;
  #received = "";

  override connectionMade(): void {
    this.transport.write(MESSAGE);
  }

  override dataReceived(data: Buffer): void {
    this.#received += data.toString();
    if (this.#received.length < MESSAGE.length) return;
    this.answers += this.#received === MESSAGE ? 1 : 0;
    this.#received = "";
    if (this.answers < MESSAGES) this.transport.write(MESSAGE);
    else this.transport.loseConnection();
  }
}

async function conversation(network: SimulatedNetwork): Promise<void> {
  const talker = new Talker();
  network.atEnd(() => {
    if (network.endedWell) mustEqual("Answers", talker.answers, MESSAGES);
  });
  await network.listenTCP({ host: HOST, port: PORT }, Factory.forProtocol(Echo));
  await network.connectTCP({ host: HOST, port: PORT }, new Factory(() => talker));
}

/** The ways to run it: as `explore` does, and with a trace as `simulate` does. */
const WAYS = {
  explore(runs: number, seed: number): void {
    explore({ runs, seed }, conversation);
  },
  simulate(runs: number, seed: number): void {
    for (let run = 0; run < runs; run++) simulate(seed + run, conversation);
  },
} as const;

type Way = keyof typeof WAYS;

/** An echo conversation under seeded schedules. */
export const SIMULATION: Benchmark = {
  name: "simulation",
  summary: "schedules a second of an echo conversation on the simulated network",
  async run({ size, rounds, seed, progress }) {
    checkThatFaultsAreFound(seed);
    const runs = RUNS[size];
    const ways = Object.keys(WAYS) as Way[];
    const rates = await alternatingRounds(ways, rounds, async (way, round) => {
      progress(`simulation: ${way}, round ${round + 1} of ${rounds}`);
      const startedAt = performance.now();
      WAYS[way](runs, seed + round * runs);
      return (runs / (performance.now() - startedAt)) * 1e3;
    });
    const rows = ways.map((way) => ({
      parameters: { way, messages: MESSAGES, runs },
      measures: { "runs/s": spreadOf(rates.get(way) ?? []) },
    }));
    const [slowest = 0] = (rates.get("explore") ?? []).toSorted((a, b) => a - b);
    return {
      rows,
      findings: [
        `explore: ${formatQuantity(slowest)} runs/s in the slowest round, ` +
          `${formatQuantity(GOAL_RUNS_PER_SECOND)} are wanted`,
      ],
    };
  },
};

/** A network that does nothing to anybody would be fast too. @throws {WrongAnswerError} */
function checkThatFaultsAreFound(seed: number): void {
  const impatient: Scenario = (network) => {
    network.invariant(() => mustEqual("Whether it took long", network.now() > 1_000, false));
    return conversation(network);
  };
  let found: unknown = null;
  try {
    explore({ runs: RUNS_TO_FIND, seed }, impatient);
  } catch (error) {
    found = error;
  }
  mustEqual("Whether a slow network was found", found instanceof ExplorationError, true);
}
