import type { InternetAddress } from "../reactor/address.ts";
import { asError } from "../reactor/as-error.ts";
import type { DatagramDriver } from "./datagram-driver.ts";
import { DatagramFailures, PEER_ERRORS } from "./datagram-failures.ts";
import { DatagramQueue } from "./datagram-queue.ts";
import type { Turn, TurnParticipant } from "./turn.ts";

/** What the sending half tells its transport. */
interface DatagramSendSideOwner {
  writingResumed(): void;
  /** A datagram could not be sent, for a reason other than a full buffer. */
  sendFailed(error: Error): void;
  /** The port can send no more. */
  portFailed(error: unknown): void;
}

/** Datagrams handed over in one go; more gain next to nothing and hold up everybody else. */
const MAX_BATCH = 64;

/** What may wait for the kernel with `whenFull: "queue"`: some seconds of a busy small service. */
const MAX_QUEUED_DATAGRAMS = 4_096;
const MAX_QUEUED_BYTES = 4_194_304;

/**
 * The sending half of a UDP port: gathers what is written in one turn, or in several when it is
 * told to, resumes partial sends, and keeps one peer's trouble from another's datagrams.
 */
export class DatagramSendSide implements TurnParticipant {
  readonly #driver: DatagramDriver;
  readonly #turn: Turn;
  readonly #owner: DatagramSendSideOwner;
  readonly #queuesWhenFull: boolean;
  readonly #failures: DatagramFailures;
  readonly #queue = new DatagramQueue();
  /** `blocked`: the kernel's buffer is full. */
  #flow: "ready" | "blocked" | "stopped" = "ready";
  /** When what is written leaves: with its turn, or when somebody calls `release`. */
  #leaves: "turn" | "release" = "turn";
  #awaitsTurnEnd = false;
  sent = 0;
  bytesSent = 0;
  sends = 0;
  dropped = 0;
  failed = 0;

  constructor(
    driver: DatagramDriver,
    turn: Turn,
    owner: DatagramSendSideOwner,
    whenFull: "drop" | "queue",
  ) {
    this.#driver = driver;
    this.#turn = turn;
    this.#owner = owner;
    this.#failures = new DatagramFailures(turn, owner);
    this.#queuesWhenFull = whenFull === "queue";
  }

  /** Takes one datagram. Returns false while the kernel's buffer is full. */
  write(data: Uint8Array, address: InternetAddress): boolean {
    if (this.#flow === "blocked" && !this.#mayQueue(data)) {
      this.dropped++;
      return false;
    }
    this.#queue.push(data, address);
    if (this.#flow === "blocked") {
      this.#queue.own();
      return false;
    }
    if (this.#queue.length >= MAX_BATCH) this.flush();
    else if (this.#leaves === "turn") this.#awaitTurnEnd();
    return this.#flow === "ready";
  }

  /** The kernel may take more. */
  writable(): void {
    if (this.#flow !== "blocked") return;
    this.#flow = "ready";
    this.flush();
    if (this.#flow === "ready") this.#owner.writingResumed();
  }

  /** From now on what is written waits for `release`, or until it is a whole batch. */
  gather(): void {
    this.#leaves = "release";
  }

  /** What was gathered leaves, and what is written later leaves with its turn again. */
  release(): void {
    this.#leaves = "turn";
    this.flush();
  }

  turnEnded(): void {
    this.#awaitsTurnEnd = false;
    this.flush();
  }

  turnFailed(error: unknown): void {
    this.#owner.portFailed(error);
  }

  /** Sends what waits, as far as the kernel takes it. */
  flush(): void {
    const queue = this.#queue;
    let refusals = 0;
    while (queue.length > 0 && this.#flow === "ready") {
      try {
        this.sends++;
        const count = this.#driver.send(queue, queue.first, Math.min(queue.run, MAX_BATCH));
        if (count === 0) this.#full();
        else refusals = 0;
        this.sent += count;
        this.bytesSent += queue.remove(count);
      } catch (error) {
        // The first report may be about an earlier datagram: this one deserves a second try.
        const poisoned = PEER_ERRORS.has((error as { code?: unknown } | null)?.code);
        if (poisoned && refusals++ === 0) continue;
        refusals = 0;
        this.#drop(error);
      }
    }
  }

  /** The port is closed: what still waits is dropped. */
  stop(): void {
    this.dropped += this.#queue.length;
    this.#queue.clear();
    this.#flow = "stopped";
  }

  #mayQueue(data: Uint8Array): boolean {
    return (
      this.#queuesWhenFull &&
      this.#queue.length < MAX_QUEUED_DATAGRAMS &&
      this.#queue.bytes + data.length <= MAX_QUEUED_BYTES
    );
  }

  #full(): void {
    this.#flow = "blocked";
    if (this.#queuesWhenFull) {
      // It may wait for long: not as a view of something large, nor for its writer to change.
      this.#queue.own();
      return;
    }
    this.dropped += this.#queue.length;
    this.#queue.clear();
  }

  #drop(error: unknown): void {
    this.#queue.remove(1);
    this.failed++;
    this.#failures.add(asError(error));
  }

  #awaitTurnEnd(): void {
    if (this.#awaitsTurnEnd) return;
    this.#awaitsTurnEnd = true;
    this.#turn.add(this);
  }
}
