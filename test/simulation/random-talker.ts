import { expect } from "bun:test";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { RandomProducer } from "./random-producer.ts";

/** Everything that a protocol may ask of its transport; what is gentle more often. */
const VERBS = [
  ...["write", "write", "write", "write", "writeSequence", "pause", "resume", "drained", "produce"],
  ...["pull", "limits", "loseConnection", "loseWriteConnection", "abortConnection", "switch"],
] as const;

const MAX_ACTIONS = 12;
const MAX_GAP_MS = 40;
const MAX_PIECE_BYTES = 120;
const MAX_PIECES = 6;

/**
 * A protocol that uses its transport in every way there is, by chance, inside its callbacks and
 * outside of them, and checks what the transport promises while it does.
 */
export class RandomTalker extends Protocol {
  readonly #network: SimulatedNetwork;
  readonly #faults: string[];
  readonly #handsOverLate: boolean;
  #actionsLeft: number;
  #callDepth = 0;
  #waits = 0;
  #producer: RandomProducer | null = null;
  /** Once another has taken over, the connection is no business of this one any more. */
  #state: "speaking" | "replaced" | "lost" = "speaking";

  /**
   * @param faults gets what goes wrong
   * @param handsOverLate whether it may hand over a connection that is ending already
   */
  constructor(network: SimulatedNetwork, faults: string[], handsOverLate = true) {
    super();
    this.#network = network;
    this.#faults = faults;
    this.#handsOverLate = handsOverLate;
    network.atEnd(() => this.#checkEnd());
    this.#actionsLeft = network.random.integer(0, MAX_ACTIONS);
    // Being aware of a half-close or of water marks changes what a connection does.
    if (network.random.integer(0, 1) === 0) this.readConnectionLost = () => this.#react();
    if (network.random.integer(0, 1) === 0) {
      this.pauseWriting = () => this.#called("pauseWriting", true);
      this.resumeWriting = () => this.#called("resumeWriting", true);
    }
  }

  override connectionMade(): void {
    this.#called("connectionMade", false);
    this.#react();
    this.#goOn();
  }

  override dataReceived(): void {
    this.#called("dataReceived", false);
    this.#react();
  }

  override connectionLost(reason: CloseReason): void {
    this.#called("connectionLost", false);
    this.#state = "lost";
    if (this.#producer?.isRegistered === true) this.#faults.push("the producer was not stopped");
    if (reason.kind === "lost" && !(reason.cause instanceof Error)) this.#faults.push("no cause");
    if (this.transport.write("too late")) this.#faults.push("a write after the end was taken");
  }

  /** @param mayBeInside whether it may come inside a call of this protocol's own */
  #called(callback: string, mayBeInside: boolean): void {
    if (this.#callDepth > 0 && !mayBeInside) this.#faults.push(`${callback} came inside of a call`);
  }

  /** Acts in the middle of a callback, at times. */
  #react(): void {
    if (this.#network.random.integer(0, 2) === 0) this.#act();
  }

  /** Acts outside of callbacks, now and then. */
  #goOn(): void {
    if (this.#state === "replaced") return;
    if (this.#actionsLeft-- <= 0) return this.#leave();
    this.#network.callLater(this.#network.random.integer(0, MAX_GAP_MS), () => {
      this.#act();
      this.#goOn();
    });
  }

  /** Whoever stays must at least read, so that the conversation can end. */
  #leave(): void {
    this.#producer?.finish();
    this.transport.resumeProducing();
    if (this.#network.random.integer(0, 1) === 0) this.transport.loseConnection();
  }

  #act(): void {
    if (this.#state === "replaced") return;
    const { random } = this.#network;
    const verb = VERBS[random.integer(0, VERBS.length - 1)] ?? "write";
    this.#callDepth++;
    this.#perform(verb);
    this.#callDepth--;
  }

  #perform(verb: string): void {
    const { transport } = this;
    if (verb === "write") transport.write(this.#piece());
    else if (verb === "writeSequence") transport.writeSequence([this.#piece(), this.#piece()]);
    else if (verb === "pause") transport.pauseProducing();
    else if (verb === "resume") transport.resumeProducing();
    else if (verb === "drained") this.#awaitDrained();
    else if (verb === "produce" || verb === "pull") this.#produce(verb);
    else if (verb === "limits") this.#changeLimits();
    else if (verb === "loseConnection") transport.loseConnection();
    else if (verb === "loseWriteConnection") transport.loseWriteConnection();
    else if (verb === "abortConnection" && this.#isReckless) transport.abortConnection();
    else if (verb === "switch") this.#switch();
  }

  get #isReckless(): boolean {
    return this.#network.random.integer(0, 3) === 0;
  }

  #piece(minBytes = 0): Buffer {
    const { random } = this.#network;
    return Buffer.alloc(random.integer(minBytes, MAX_PIECE_BYTES), random.integer(0, 255));
  }

  #awaitDrained(): void {
    this.#waits++;
    const settled = () => {
      this.#waits--;
    };
    this.transport.drained().then(settled, settled);
  }

  #changeLimits(): void {
    const low = this.#network.random.integer(0, 60);
    this.transport.setWriteLimits({ low, high: low + this.#network.random.integer(0, 200) });
  }

  #produce(verb: "produce" | "pull"): void {
    if (this.#producer !== null) return;
    const { random } = this.#network;
    // A pull producer that writes nothing is not asked again before it has written something.
    const pieces = Array.from({ length: random.integer(0, MAX_PIECES) }, () => this.#piece(1));
    const isStreaming = verb === "produce";
    const later = (call: () => void) =>
      void this.#network.callLater(random.integer(0, MAX_GAP_MS), call);
    this.#producer = new RandomProducer(
      this.transport,
      pieces,
      isStreaming,
      this.#faults,
      random.integer(0, 1) === 0 ? later : null,
    );
    this.#producer.register();
  }

  #checkEnd(): void {
    expect(this.#waits, "calls of drained that never settled").toBe(0);
  }

  /** Another protocol takes over, with something that has been delivered to this one. */
  #switch(): void {
    if (this.#state === "lost" || this.#producer !== null || !this.#isReckless) return;
    if (this.transport.disconnecting && !this.#handsOverLate) return;
    const next = new RandomTalker(this.#network, this.#faults, this.#handsOverLate);
    this.#state = "replaced";
    // `connectionMade` of the next one does come inside of this call, and of none of its own.
    this.transport.switchProtocol(next);
  }
}
