/** The small services over datagrams, and a client that asks them some questions. */
import { expect } from "bun:test";
import { ChargenDatagrams } from "../../src/protocols/chargen.ts";
import { DaytimeDatagrams } from "../../src/protocols/daytime.ts";
import { DiscardDatagrams } from "../../src/protocols/discard.ts";
import { EchoDatagrams } from "../../src/protocols/echo.ts";
import { TimeDatagrams } from "../../src/protocols/time.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import type { Scenario, SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { HOST, PORT, type Target } from "./target.ts";

/** A Sunday in 1994; any time would do. */
const NOW = Date.UTC(1994, 0, 2, 3, 4, 5);

const MAX_QUESTIONS = 12;
const MAX_QUESTION_BYTES = 100;
const MAX_GAP_MS = 40;

/** Later than any answer comes. */
const STOP_MS = 10_000;

/** A datagram may come twice at the server, and each answer twice at the client. */
const MAX_ANSWERS_EACH = 4;

const DAYTIME = "Sun Jan  2 03:04:05 1994\r\n";
const TIME = Buffer.from([0xb0, 0xd0, 0xb8, 0x25]).toString("latin1");

/** Sends its questions, at once or one by one, and keeps the answers. */
class Asker extends DatagramProtocol {
  readonly answers: string[] = [];
  readonly #network: SimulatedNetwork;
  readonly #questions: readonly string[];

  constructor(network: SimulatedNetwork, questions: readonly string[]) {
    super();
    this.#network = network;
    this.#questions = questions;
  }

  override startProtocol(): void {
    const { random } = this.#network;
    const server = { host: HOST, port: PORT };
    const isConnected = random.integer(0, 1) === 0;
    if (isConnected) this.transport.connect(server);
    for (const question of this.#questions) {
      const ask = () => this.transport.write(question, isConnected ? undefined : server);
      if (random.integer(0, 1) === 0) ask();
      else this.#network.callLater(random.integer(0, MAX_GAP_MS), ask);
    }
  }

  override datagramReceived(data: Buffer): void {
    this.answers.push(data.toString("latin1"));
  }
}

/** @param isAnswer whether this may come back, when there were these questions */
function questionScenario(
  makeServer: () => DatagramProtocol,
  answersEach: 0 | 1,
  isAnswer: (answer: string, questions: readonly string[]) => boolean,
): Scenario {
  return async (network) => {
    const { random } = network;
    const questions = Array.from({ length: random.integer(0, MAX_QUESTIONS) }, (_, index) =>
      String.fromCharCode(65 + index).repeat(random.integer(0, MAX_QUESTION_BYTES)),
    );
    const asker = new Asker(network, questions);
    network.atEnd(() => {
      const { answers } = asker;
      expect(answers.filter((answer) => !isAnswer(answer, questions))).toEqual([]);
      expect(answers.length).toBeLessThanOrEqual(questions.length * MAX_ANSWERS_EACH);
      if (network.undisturbed) expect(answers.length).toBe(questions.length * answersEach);
    });
    await network.listenUDP({ host: HOST, port: PORT }, makeServer());
    const port = await network.listenUDP({ host: HOST }, asker);
    // Twice is fine; and then it is stopped once more at the end.
    network.callLater(STOP_MS, () => Promise.all([port.stopListening(), port.stopListening()]));
  };
}

/** The services, by name; all answers but those of echo and chargen are the same. */
export const DATAGRAM_TARGETS: readonly Target[] = [
  {
    name: "echo-datagrams",
    scenario: questionScenario(
      () => new EchoDatagrams(),
      1,
      (answer, questions) => questions.some((question) => question.startsWith(answer)),
    ),
  },
  {
    name: "discard-datagrams",
    scenario: questionScenario(
      () => new DiscardDatagrams(),
      0,
      () => false,
    ),
  },
  {
    name: "chargen-datagrams",
    scenario: questionScenario(
      () => new ChargenDatagrams(),
      1,
      (answer, questions) =>
        questions.some(({ length }) => answer.length <= length) &&
        [...answer].every(
          (character, index) => index >= 72 || character.charCodeAt(0) === 32 + index,
        ),
    ),
  },
  {
    name: "daytime-datagrams",
    scenario: questionScenario(
      () => new DaytimeDatagrams(() => NOW),
      1,
      (answer) => DAYTIME.startsWith(answer),
    ),
  },
  {
    name: "time-datagrams",
    scenario: questionScenario(
      () => new TimeDatagrams(() => NOW),
      1,
      (answer) => TIME.startsWith(answer),
    ),
  },
];
