import { Protocol } from "../../src/reactor/protocol.ts";
import type { SimulatedNetwork } from "../../src/testing/simulated-network.ts";

/** How a client ends its connection, once it has sent everything. */
export type Ending = "half-close" | "close" | "abort" | "none";

const ENDINGS: readonly Ending[] = ["half-close", "half-close", "close", "abort", "none"];

/** What a client does at most: enough for every kind of fault, and little enough for many runs. */
const MAX_PIECES = 8;
const MAX_PIECE_BYTES = 200;
const MAX_GAP_MS = 50;

/**
 * A client that does by chance what clients do: it sends pieces now and later, reads at times and
 * at times not, and ends the connection in one way or another.
 */
export class RandomClient extends Protocol {
  readonly #network: SimulatedNetwork;
  readonly ending: Ending;
  readonly #sent: Buffer[] = [];
  readonly #received: Buffer[] = [];
  #piecesLeft: number;

  constructor(network: SimulatedNetwork) {
    super();
    this.#network = network;
    const { random } = network;
    this.ending = ENDINGS[random.integer(0, ENDINGS.length - 1)] ?? "none";
    this.#piecesLeft = random.integer(0, MAX_PIECES);
  }

  /** What it was to send so far. */
  get sent(): Buffer {
    return Buffer.concat(this.#sent);
  }

  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  override connectionMade(): void {
    this.#goOn();
  }

  override dataReceived(data: Buffer): void {
    this.#received.push(data);
    const { random } = this.#network;
    if (random.integer(0, 9) > 0) return;
    this.transport.pauseProducing();
    this.#network.callLater(random.integer(0, MAX_GAP_MS), () => this.transport.resumeProducing());
  }

  override readConnectionLost(): void {
    this.transport.loseConnection();
  }

  #goOn(): void {
    const { random } = this.#network;
    for (; this.#piecesLeft > 0; this.#piecesLeft--) {
      if (random.integer(0, 1) === 0) {
        this.#piecesLeft--;
        this.#network.callLater(random.integer(0, MAX_GAP_MS), () => this.#goOn());
        return;
      }
      this.#send(random.integer(0, MAX_PIECE_BYTES));
    }
    this.#end();
  }

  #send(length: number): void {
    const piece = Buffer.alloc(length);
    for (let at = 0; at < length; at++) piece[at] = this.#network.random.integer(0, 255);
    this.#sent.push(piece);
    this.transport.write(piece);
  }

  #end(): void {
    if (this.ending === "half-close") this.transport.loseWriteConnection();
    else if (this.ending === "close") this.transport.loseConnection();
    else if (this.ending === "abort") this.transport.abortConnection();
  }
}
