import type { Address } from "../reactor/address.ts";
import type { ConnectAttempt, ConnectAttemptOwner } from "../transport/connect-candidate.ts";
import { systemError } from "./memory-addresses.ts";
import type { MemoryNetwork } from "./memory-network.ts";
import { ONCE, type ScheduleSite } from "./schedule.ts";
import { magnitude } from "./schedule-hash.ts";
import type { SimulatedConnections } from "./simulated-connections.ts";
import type { SimulatedEnd } from "./simulated-end.ts";
import { SimulatedFlow } from "./simulated-flow.ts";
import type { SimulatedOutages } from "./simulated-outages.ts";
import { SimulatedPath } from "./simulated-path.ts";
import { SimulatedStreamDriver } from "./simulated-stream-driver.ts";
import type { Simulation } from "./simulation.ts";

/** What a connect needs of the network it is made on. */
interface SimulatedPlace {
  readonly simulation: Simulation;
  readonly network: MemoryNetwork;
  readonly outages: SimulatedOutages;
  readonly connections: SimulatedConnections;
}

/** A late reset comes within 2^13 ms of the connect. */
const LATE_RESET_MS_BITS = 12;

/** A connection that never comes about hides what would have come; a third of them are enough. */
const FATAL_SCALE = 1 / 3;

/** One connect over the simulated network: a question, an answer, and then the connection. */
export class SimulatedConnect implements ConnectAttempt {
  readonly #place: SimulatedPlace;
  readonly #host: Address;
  readonly #peer: Address;
  readonly #owner: ConnectAttemptOwner;
  readonly #number: number;
  readonly #link: ScheduleSite;
  readonly #there: SimulatedPath;
  readonly #back: SimulatedPath;
  #state: "waiting" | "settled" = "waiting";

  constructor(place: SimulatedPlace, host: Address, peer: Address, owner: ConnectAttemptOwner) {
    this.#place = place;
    this.#host = host;
    this.#peer = peer;
    this.#owner = owner;
    const { simulation, connections } = place;
    this.#number = connections.begin();
    this.#link = this.#site("");
    this.#there = new SimulatedPath(simulation, this.#site(">"), this.#link);
    this.#back = new SimulatedPath(simulation, this.#site("<"), this.#link);
    if (this.#happens("unanswered")) return;
    this.#after(this.#there.arrivalMs(), () => this.#arrive());
  }

  giveUp(): void {
    this.#settle();
  }

  /** The question has arrived, unless nothing does just now. */
  #arrive(): void {
    const { network, outages } = this.#place;
    if (outages.holds(this.#host, this.#peer)) return outages.await(() => this.#arrive());
    const acceptor = this.#happens("refused") ? undefined : network.acceptorAt(this.#peer);
    // Before the server does anything, so that nothing of it overtakes the answer.
    const answerMs = this.#back.arrivalMs();
    if (acceptor === undefined) {
      this.#after(answerMs, () => this.#refused());
      return;
    }
    const { near, far, ends } = this.#connect();
    this.#place.connections.open(ends.server, () => acceptor.accepted(far));
    this.#after(answerMs, () => this.#answered(near, ends.client));
  }

  #refused(): void {
    const { outages } = this.#place;
    if (outages.holds(this.#peer, this.#host)) return outages.await(() => this.#refused());
    if (this.#state === "settled") return;
    this.#settle();
    const code = this.#peer.kind === "unix" ? "ENOENT" : "ECONNREFUSED";
    this.#owner.attemptFailed(systemError(code, `nothing listens at ${this.#peer}`));
  }

  #answered(near: SimulatedStreamDriver, end: SimulatedEnd): void {
    const { outages, connections } = this.#place;
    if (outages.holds(this.#peer, this.#host))
      return outages.await(() => this.#answered(near, end));
    // The answer to somebody who has given up is refused.
    if (this.#state === "settled") return near.terminate();
    this.#settle();
    connections.open(end, () => this.#owner.attemptSucceeded(near));
  }

  #connect() {
    const { simulation, outages, connections } = this.#place;
    const there = new SimulatedFlow(simulation, this.#site(">"), this.#there);
    const back = new SimulatedFlow(simulation, this.#site("<"), this.#back);
    const [host, peer] = [this.#host, this.#peer];
    const near = new SimulatedStreamDriver(
      simulation,
      outages,
      { host, peer },
      { incoming: back, outgoing: there },
    );
    const far = new SimulatedStreamDriver(
      simulation,
      outages,
      { host: peer, peer: host },
      { incoming: there, outgoing: back },
    );
    there.join(near, far, back);
    back.join(far, near, there);
    this.#resetLate(there, near, far);
    return { near, far, ends: connections.add(this.#number, { client: near, server: far }) };
  }

  #resetLate(flow: SimulatedFlow, near: SimulatedStreamDriver, far: SimulatedStreamDriver): void {
    const { simulation } = this.#place;
    const hash = simulation.schedule.decide("late-reset", this.#link, ONCE, FATAL_SCALE);
    if (hash < 0) return;
    const delayMs = magnitude(hash, LATE_RESET_MS_BITS) - 1;
    simulation.callLater(delayMs, () => {
      if (!near.closed || !far.closed) flow.breakOff("late-reset", this.#link, delayMs);
    });
  }

  /** Calls `call` at `dueMs`, which may be never. */
  #after(dueMs: number, call: () => void): void {
    const { simulation } = this.#place;
    if (Number.isFinite(dueMs)) simulation.callLater(dueMs - simulation.clock.now(), call);
  }

  #settle(): void {
    if (this.#state === "waiting") this.#place.connections.settled();
    this.#state = "settled";
  }

  #happens(kind: "refused" | "unanswered"): boolean {
    const { schedule } = this.#place.simulation;
    if (schedule.decide(kind, this.#link, ONCE, FATAL_SCALE) < 0) return false;
    schedule.took(kind, this.#link, ONCE, 0);
    return true;
  }

  #site(direction: ">" | "<" | ""): ScheduleSite {
    // 0, 1 and 2 of each connection; datagrams have negative ones.
    const id = this.#number * 3 + "<>".indexOf(direction || "?") + 1;
    return { name: `${this.#number}${direction}`, id };
  }
}
