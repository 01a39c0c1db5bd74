/** Our receivers: a client asks, the server answers each message in order, and one closes. */
import { expect } from "bun:test";
import { Factory } from "../../src/reactor/factory.ts";
import type { Scenario, SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { type MakePeer, MESSAGE_PEERS, type MessagePeer } from "./message-peers.ts";
import { HOST, PORT, type Target } from "./target.ts";

const MAX_MESSAGES = 12;
const MAX_MESSAGE_LENGTH = 120;
const MAX_GAP_MS = 40;

/** All receivers, by name. */
export const MESSAGE_TARGETS: readonly Target[] = [...MESSAGE_PEERS].map(([name, makePeer]) => ({
  name,
  scenario: exchangeScenario(makePeer),
}));

function exchangeScenario(makePeer: MakePeer): Scenario {
  return async (network) => {
    const questions = randomMessages(network);
    const asked: string[] = [];
    const answers: string[] = [];
    const client = makePeer((answer) => {
      answers.push(answer);
      expect(answer).toBe(questions[answers.length - 1] ?? "more than was asked");
      pauseAtTimes(client, network);
      if (answers.length === questions.length) client.connection.loseConnection();
    });
    const servers = new Factory(() => {
      const server = makePeer((question) => {
        asked.push(question);
        expect(question).toBe(questions[asked.length - 1] ?? "more than was asked");
        server.sendMessage(question);
        pauseAtTimes(server, network);
      });
      return server;
    });
    await network.listenTCP({ host: HOST, port: PORT }, servers);
    network.atEnd(() => {
      if (network.endedWell) expect(answers).toEqual(questions);
    });
    await network.connectTCP({ host: HOST, port: PORT }, new Factory(() => client));
    ask(client, questions, network);
  };
}

/** Sends the questions one by one, with pauses, and then at times the end of the stream. */
function ask(client: MessagePeer, questions: readonly string[], network: SimulatedNetwork): void {
  const { random } = network;
  let atMs = 0;
  for (const question of questions) {
    if (random.integer(0, 1) === 0) atMs += random.integer(0, MAX_GAP_MS);
    network.callLater(atMs, () => client.sendMessage(question));
  }
  if (questions.length === 0) network.callLater(atMs, () => client.connection.loseConnection());
  else if (random.integer(0, 1) === 0) {
    network.callLater(atMs, () => client.connection.loseWriteConnection());
  }
}

/** Reads nothing for a while, now and then. */
function pauseAtTimes(peer: MessagePeer, network: SimulatedNetwork): void {
  const { random } = network;
  if (random.integer(0, 5) > 0) return;
  peer.pauseProducing();
  network.callLater(random.integer(0, MAX_GAP_MS), () => peer.resumeProducing());
}

/** Of digits, some empty. */
function randomMessages({ random }: SimulatedNetwork): string[] {
  return Array.from({ length: random.integer(0, MAX_MESSAGES) }, (_, index) =>
    String(index % 10).repeat(random.integer(0, MAX_MESSAGE_LENGTH)),
  );
}
