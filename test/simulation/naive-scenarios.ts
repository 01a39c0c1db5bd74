import { expect } from "bun:test";
import type { Clock } from "../../src/reactor/clock.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { Reactor } from "../../src/reactor/reactor.ts";
import type { Scenario } from "../../src/testing/simulated-network.ts";
import type { HastyLengths } from "./naive-protocols.ts";

const HOST = "127.0.0.1";
const PORT = 7;

/** Writes something, finishes its side, and keeps what comes. */
class Asker extends Protocol {
  received = "";
  readonly #question: string | Uint8Array;

  constructor(question: string | Uint8Array) {
    super();
    this.#question = question;
  }

  override connectionMade(): void {
    this.transport.write(this.#question);
    this.transport.loseWriteConnection();
  }

  override dataReceived(data: Buffer): void {
    this.received += data.toString("latin1");
  }
}

/** Asks an oracle twice, and says goodbye; each a while after the other. */
class Visitor extends Asker {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    super("one\n");
    this.#clock = clock;
  }

  override connectionMade(): void {
    for (const [index, line] of ["one\n", "two\n", "bye\n"].entries()) {
      this.#clock.callLater(index * 20, () => this.transport.write(line));
    }
  }
}

/** A client that half-closes gets its whole answer in capitals, when all ends well. */
export function capitalsScenario(makeServer: () => Protocol): Scenario {
  return async (network) => {
    const question = "the quick brown fox jumps over the lazy dog\n".repeat(10);
    const asker = new Asker(question);
    const writeLimits = { low: 16, high: 64, max: 65_536 };
    await network.listenTCP({ host: HOST, port: PORT, writeLimits }, new Factory(makeServer));
    network.atEnd(() => {
      if (network.endedWell) expect(asker.received).toBe(question.toUpperCase());
    });
    await network.connectTCP({ host: HOST, port: PORT }, new Factory(() => asker));
  };
}

/** Every message arrives, when all ends well. */
export function lengthsScenario(makeServer: () => HastyLengths): Scenario {
  return async (network) => {
    const server = makeServer();
    const messages = ["one", "", "three", "x".repeat(300)];
    const asker = new Asker(Buffer.concat(messages.map(prefixed)));
    await network.listenTCP({ host: HOST, port: PORT }, new Factory(() => server));
    network.atEnd(() => {
      if (network.endedWell) expect(server.messages).toEqual(messages);
    });
    await network.connectTCP({ host: HOST, port: PORT }, new Factory(() => asker));
  };
}

/** Whoever says goodbye has got all answers, when all ends well. */
export function oracleScenario(makeServer: (reactor: Reactor) => Protocol): Scenario {
  return async (network) => {
    const visitor = new Visitor(network);
    const factory = new Factory(() => makeServer(network));
    await network.listenTCP({ host: HOST, port: PORT }, factory);
    network.atEnd(() => {
      if (network.endedWell) expect(visitor.received).toBe("one? yes\ntwo? yes\n");
    });
    await network.connectTCP({ host: HOST, port: PORT }, new Factory(() => visitor));
  };
}

function prefixed(message: string): Buffer {
  const bytes = Buffer.alloc(2 + message.length);
  bytes.writeUInt16BE(message.length);
  bytes.write(message, 2, "latin1");
  return bytes;
}
