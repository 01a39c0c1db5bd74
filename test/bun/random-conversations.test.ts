import { describe, expect, test } from "bun:test";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { type Actions, noAction } from "../transport/recording-protocol.ts";
import { type LiveConnection, openConnection, type Side, SIDES } from "./live-connection.ts";
import { loopTurns } from "./loop-turns.ts";

/** How many conversations each kind of connection has; each has a seed of its own. */
const CONVERSATIONS = 60;
const MAX_STEPS = 12;
const SIZES = [1, 10, 1_000, 20_000, 70_000, 600_000, 3_000_000];

/** The bytes from `offset` on of what one end says. */
function speech(offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++) bytes[index] = (offset + index) % 251;
  return bytes;
}

/** One conversation: what both ends have said and done so far. */
class Conversation {
  readonly log: string[] = [];
  readonly sends: Promise<void>[] = [];
  readonly #live: LiveConnection;
  readonly #random: SeededRandom;
  written = 0;
  /** Whether it is sure that everything written so far has to arrive. */
  mustArrive = true;
  /** Whether the peer has thrown away what it had not read. */
  peerReset = false;
  /** Whether it is sure that everything the peer has said has to be delivered. */
  mustDeliver = true;
  said = 0;
  #writing = true;
  #peerEnded = false;

  constructor(live: LiveConnection, random: SeededRandom) {
    this.#live = live;
    this.#random = random;
  }

  async step(): Promise<void> {
    const { connection } = this.#live.protocol;
    const { peer } = this.#live;
    const size = SIZES[this.#random.integer(0, SIZES.length - 1)] ?? 1;
    const steps: (() => unknown)[] = [
      () => this.#write(size),
      () => this.#write(size),
      () => this.#say(size),
      () => this.#say(size),
      () => peer.stopReading(),
      () => peer.readOn(),
      () => connection.pauseProducing(),
      () => connection.resumeProducing(),
      () => loopTurns(),
      () => this.#lose(),
      () => this.#loseWrite(),
      () => this.#peerEnds(),
      () => this.#rare(() => connection.abortConnection()),
      () => this.#rare(() => this.#peerResets()),
    ];
    const chosen = this.#random.integer(0, steps.length - 1);
    this.log.push(`${chosen}:${size}`);
    if (peer.open) await steps[chosen]?.();
  }

  /** Has both ends finish, in whatever state they are. */
  async finish(): Promise<void> {
    const { peer, protocol } = this.#live;
    if (peer.open) {
      peer.readOn();
      this.#peerEnds();
    }
    protocol.connection.resumeProducing();
    const { events } = protocol;
    const told = () => events.includes("readConnectionLost") || events.includes("connectionLost");
    if (this.mustDeliver) await protocol.until(told);
    protocol.connection.loseConnection();
    await protocol.lost();
    if (peer.open && protocol.reason?.kind === "done") await peer.ended();
    peer[Symbol.dispose]();
    await Promise.all(this.sends);
  }

  #write(size: number): void {
    const { connection } = this.#live.protocol;
    if (!this.#writing) return;
    // An unaware protocol's connection may be closing already, when the peer has ended.
    if (this.#peerEnded) this.mustArrive = false;
    connection.write(speech(this.written, size));
    this.written += size;
  }

  #say(size: number): void {
    if (this.#peerEnded) return;
    const said = this.#live.peer.send(speech(this.said, size));
    // A connection that ends leaves some of it unsaid.
    this.sends.push(said.then(noAction, noAction));
    this.said += size;
  }

  #lose(): void {
    this.#writing = false;
    this.mustDeliver = false;
    this.#live.protocol.connection.loseConnection();
  }

  #loseWrite(): void {
    this.#writing = false;
    // After the peer's end this is the end of all.
    if (this.#peerEnded) this.mustDeliver = false;
    this.#live.protocol.connection.loseWriteConnection();
  }

  #peerEnds(): void {
    if (this.#peerEnded) return;
    this.#peerEnded = true;
    const { peer } = this.#live;
    void Promise.all(this.sends).then(() => peer.open && peer.sendFIN());
  }

  #peerResets(): void {
    this.peerReset = true;
    this.#live.peer.sendRST();
  }

  #rare(call: () => void): void {
    if (this.#random.integer(0, 3) !== 0) return;
    this.mustArrive = false;
    this.mustDeliver = false;
    call();
  }
}

async function converse(side: Side, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const aware: Actions = { readConnectionLost: noAction, writeConnectionLost: noAction };
  const echo: Actions = { dataReceived: ({ connection }, data) => void connection.write(data) };
  const echoes = random.integer(0, 3) === 0;
  const actions = { ...(random.integer(0, 1) === 0 ? aware : {}), ...(echoes ? echo : {}) };
  const writeMode = random.integer(0, 1) === 0 ? "buffered" : "immediate";
  const limits = { low: 16_384, high: 65_536, max: 100_000_000 };
  await using live = await openConnection(side, actions, { writeMode, writeLimits: limits });
  const conversation = new Conversation(live, random);
  const steps = random.integer(1, MAX_STEPS);
  for (let step = 0; step < steps; step++) await conversation.step();
  await conversation.finish();
  const { peer, protocol, logger } = live;
  const where = `seed ${seed}, ${side}: ${conversation.log.join(" ")}`;
  const { events, received, reason } = protocol;
  expect([where, events[0], events.at(-1)]).toEqual([where, "connectionMade", "connectionLost"]);
  const lost = events.filter((event) => event === "connectionLost").length;
  expect([where, lost, logger.reports]).toEqual([where, 1, []]);
  expect([where, received.equals(speech(0, received.length))]).toEqual([where, true]);
  if (conversation.mustDeliver) {
    expect([where, received.length]).toEqual([where, conversation.said]);
  }
  if (echoes) return;
  expect([where, peer.received.equals(speech(0, peer.receivedBytes))]).toEqual([where, true]);
  if (reason?.kind !== "done" || conversation.peerReset) return;
  expect([where, peer.receivedBytes]).toEqual([where, protocol.connection.stats.bytesSent]);
  if (!conversation.mustArrive) return;
  expect([where, peer.receivedBytes]).toEqual([where, conversation.written]);
}

describe.each(SIDES)("BunReactor, %s", (side) => {
  test("whatever both ends do: told once and in order, no byte lost, none made up", async () => {
    const firstSeed = Number(process.env.PRETZEL_SEED ?? Math.floor(Math.random() * 1_000_000));
    for (let index = 0; index < CONVERSATIONS; index++) await converse(side, firstSeed + index);
  }, 30_000);
});
