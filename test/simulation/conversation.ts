import { Echo } from "../../src/protocols/echo.ts";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { HOST, PORT } from "./target.ts";

/** What a `Speaker` says unless told, in one piece. */
export const SPEECH = "The quick brown fox jumps over the lazy dog.\n".repeat(5);

/** When a speaker begins after it is connected: there is time for something to happen before. */
const BEGIN_MS = 100;

/** Says something, ends its side of the stream, and writes down what comes, chunk by chunk. */
export class Speaker extends Protocol {
  readonly chunks: string[] = [];
  /** When each chunk came. */
  readonly times: number[] = [];
  reason: CloseReason | null = null;
  readonly #network: SimulatedNetwork;
  readonly #speech: string;

  constructor(network: SimulatedNetwork, speech = SPEECH) {
    super();
    this.#network = network;
    this.#speech = speech;
  }

  get received(): string {
    return this.chunks.join("");
  }

  override connectionMade(): void {
    this.#network.callLater(BEGIN_MS, () => {
      this.transport.write(this.#speech);
      this.transport.loseWriteConnection();
    });
  }

  override dataReceived(data: Buffer): void {
    this.chunks.push(data.toString());
    this.times.push(this.#network.now());
  }

  override connectionLost(reason: CloseReason): void {
    this.reason = reason;
  }
}

/** Connects a speaker to an echo, and resolves with it once it is connected. */
export async function speak(
  network: SimulatedNetwork,
  speech?: string,
  port = PORT,
): Promise<Speaker> {
  await network.listenTCP({ host: HOST, port }, Factory.forProtocol(Echo));
  const speaker = new Speaker(network, speech);
  return network.connectTCP({ host: HOST, port }, new Factory(() => speaker));
}
