import type { Address } from "../../src/reactor/address.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Occurrences } from "../occurrences.ts";
import { type Actions, RecordingProtocol } from "../transport/recording-protocol.ts";

/** Makes recording protocols that act as a test says, and keeps them. */
export class RecordingFactory extends Factory<RecordingProtocol> {
  readonly #actions: Actions;
  readonly #occurrences = new Occurrences();
  /** All protocols made, in order, and the peers they were made for. */
  readonly built: RecordingProtocol[] = [];
  readonly peers: Address[] = [];
  /** `start` and `stop`, as they were called. */
  readonly uses: string[] = [];
  #taken = 0;

  constructor(actions: Actions = {}) {
    super();
    this.#actions = actions;
  }

  override buildProtocol(peer: Address): RecordingProtocol | null {
    const protocol = new RecordingProtocol(this.#actions);
    this.built.push(protocol);
    this.peers.push(peer);
    this.#occurrences.happened();
    return protocol;
  }

  override startFactory(): void {
    this.uses.push("start");
  }

  override stopFactory(): void {
    this.uses.push("stop");
    this.#occurrences.happened();
  }

  /** Resolves with the next protocol, in the order they were made, once it has its transport. */
  async next(): Promise<RecordingProtocol> {
    const index = this.#taken++;
    await this.#occurrences.until("a connection", () => index < this.built.length);
    const protocol = this.built[index] as RecordingProtocol;
    await protocol.until(() => protocol.events.length > 0);
    return protocol;
  }

  /** Resolves once `stopFactory` was called. */
  stopped(): Promise<void> {
    return this.#occurrences.until("stopFactory", () => this.uses.includes("stop"));
  }
}
