import type { Turn, TurnParticipant } from "./turn.ts";

/**
 * What the system says after an ICMP answer to an earlier datagram. Without libc it says so to the
 * next send, whomever that goes to.
 */
export const PEER_ERRORS: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** Failures of one turn that are told; the rest are only counted, and likely say the same. */
const MAX_FAILURES_TOLD = 64;

/** Who is told. */
interface DatagramFailuresOwner {
  /** A datagram could not be sent. Called outside of every `write`. */
  sendFailed(error: Error): void;
  /** Something else went wrong here: the port cannot go on. */
  portFailed(error: unknown): void;
}

/**
 * The datagrams that the system refused, told in the next turn: whoever sends another one when he
 * is told would otherwise never get back to the loop, and be told inside of his own `write`.
 */
export class DatagramFailures implements TurnParticipant {
  readonly #turn: Turn;
  readonly #owner: DatagramFailuresOwner;
  #waiting: Error[] = [];

  constructor(turn: Turn, owner: DatagramFailuresOwner) {
    this.#turn = turn;
    this.#owner = owner;
  }

  add(error: Error): void {
    if (this.#waiting.length === MAX_FAILURES_TOLD) return;
    this.#waiting.push(error);
    if (this.#waiting.length === 1) this.#turn.addToNext(this);
  }

  turnEnded(): void {
    const failures = this.#waiting;
    this.#waiting = [];
    for (const error of failures) this.#owner.sendFailed(error);
  }

  turnFailed(error: unknown): void {
    this.#owner.portFailed(error);
  }
}
