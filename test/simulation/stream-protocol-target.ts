import { expect } from "bun:test";
import { IncompleteReadError } from "../../src/protocols/incomplete-read-error.ts";
import { StreamProtocol } from "../../src/protocols/stream-protocol.ts";
import { ConnectionClosedError } from "../../src/reactor/close-reason.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { HOST, PORT, type Target } from "./target.ts";

const MAX_QUESTIONS = 8;
const MAX_QUESTION_LENGTH = 120;

/** `StreamProtocol` at both ends: lines there, and parts of a known length back. */
export const STREAM_PROTOCOL_TARGET: Target = {
  name: "stream-protocol",
  async scenario(network) {
    const questions = randomLines(network);
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
    await network.listenTCP({ host: HOST, port: PORT }, servers);
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
  },
};

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
