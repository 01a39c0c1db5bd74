import { expect } from "bun:test";
import { IncompleteReadError } from "../../src/protocols/incomplete-read-error.ts";
import { StreamProtocol } from "../../src/protocols/stream-protocol.ts";
import { ConnectionClosedError } from "../../src/reactor/close-reason.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Scenario, SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { HOST, PORT, type Target } from "./target.ts";

const MAX_QUESTIONS = 8;
const MAX_QUESTION_LENGTH = 120;

/** Small, so that a server whose client does not read soon reads nothing itself. */
const WRITE_LIMITS = { low: 100, high: 1_000, max: 1 << 20 };

/** More than `StreamProtocol` keeps of what nobody has read, in both directions. */
const BULK = Array.from({ length: 700 }, (_, index) => String(index % 10).repeat(200));

/** `StreamProtocol` at both ends: lines there, and parts of a known length back. */
export const STREAM_PROTOCOL_TARGETS: readonly Target[] = [
  { name: "stream-protocol", scenario: streamScenario(randomLines) },
  {
    name: "stream-protocol-bulk",
    cost: 20,
    scenario: streamScenario(() => BULK),
  },
];

function streamScenario(makeQuestions: (network: SimulatedNetwork) => readonly string[]): Scenario {
  return async (network) => {
    const questions = makeQuestions(network);
    const answers: string[] = [];
    network.expectError(isEndOfStream);
    network.atEnd(() => {
      // An early end of the stream may cut the last line, which needs no end of its own.
      const last = answers.length - 1;
      expect(answers.slice(0, -1)).toEqual(questions.slice(0, Math.max(0, last)));
      expect((questions[last] ?? "").startsWith(answers[last] ?? "")).toBe(true);
      if (network.endedWell) expect(answers.length).toBe(questions.length);
    });
    const servers = new Factory(() => new StreamProtocol(answerLines));
    await network.listenTCP({ host: HOST, port: PORT, writeLimits: WRITE_LIMITS }, servers);
    const client = await network.connectTCP(
      { host: HOST, port: PORT },
      new Factory(() => new StreamProtocol()),
    );
    try {
      await Promise.all([sendLines(client, questions), readAnswers(client, answers)]);
      client.close();
    } catch (error) {
      if (!isEndOfStream(error)) throw error;
    }
    await client.closed;
  };
}

async function answerLines(stream: StreamProtocol): Promise<void> {
  for (let line = await stream.readLine(); line !== null; line = await stream.readLine()) {
    stream.write(Buffer.from([line.length]));
    stream.write(line);
    await stream.drained();
  }
}

async function sendLines(stream: StreamProtocol, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    stream.write(`${line}\n`);
    await stream.drained();
  }
  stream.closeWrite();
}

async function readAnswers(stream: StreamProtocol, answers: string[]): Promise<void> {
  for (;;) {
    const length = await stream.read(1);
    if (length === null) return;
    answers.push((await stream.readExactly(length.readUInt8())).toString());
  }
}

/** What a read or a wait rejects with when the network has ended the connection. */
function isEndOfStream(error: unknown): boolean {
  return error instanceof IncompleteReadError || error instanceof ConnectionClosedError;
}

function randomLines({ random }: SimulatedNetwork): string[] {
  return Array.from({ length: random.integer(0, MAX_QUESTIONS) }, (_, index) =>
    String(index).repeat(random.integer(0, MAX_QUESTION_LENGTH)),
  );
}
