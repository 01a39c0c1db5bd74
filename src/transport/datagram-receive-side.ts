import type { InternetAddress } from "../reactor/address.ts";
import type { Clock } from "../reactor/clock.ts";
import type { ListenUDPOptions } from "../reactor/reactor.ts";
import type { DatagramDriver } from "./datagram-driver.ts";
import { DatagramQueue } from "./datagram-queue.ts";
import type { DatagramSendSide } from "./datagram-send-side.ts";
import type { Turn, TurnParticipant } from "./turn.ts";

/** How long one turn delivers datagrams by default: less than a person or a timer notices. */
const DEFAULT_RECEIVE_BUDGET_MS = 10;

/** What is kept for the next turn: as much as Linux keeps for a socket (net.core.rmem_default). */
const MIN_EXCESS_BYTES = 212_992;

/** What a datagram counts for besides its bytes, as in the kernel: some 256 small ones are kept. */
const DATAGRAM_OVERHEAD_BYTES = 768;

/** What is older leaves before the next datagram is read; the rest at the end of the turn. */
const MAX_GATHER_MS = 0.5;

/** What the receiving half tells its transport. */
interface DatagramReceiveSideOwner {
  /** This one is for the protocol, now. */
  deliver(data: Buffer, address: InternetAddress): void;
  /** The system will not drop datagrams for us; they are dropped here, for more of our time. */
  sheddingRefused(error: unknown): void;
  /** The port can receive no more. */
  portFailed(error: unknown): void;
}

/**
 * The receiving half of a UDP port. The runtime reads a socket until it is empty, which a flood
 * never lets it be. So one turn delivers for a limited time; what comes after that is kept for the
 * next turn, up to a limit, and beyond it shed: by the kernel, as far as that can.
 *
 * It also sees when a turn brings several datagrams, and has their answers gathered then. The first
 * one's leave at once: a client who is alone waits for nobody.
 */
export class DatagramReceiveSide implements TurnParticipant {
  readonly #driver: DatagramDriver;
  readonly #clock: Clock;
  readonly #turn: Turn;
  readonly #sending: DatagramSendSide;
  readonly #owner: DatagramReceiveSideOwner;
  readonly #budgetMs: number;
  readonly #maxExcessBytes: number;
  /** What came after the time was spent, to be delivered before anything newer is. */
  readonly #excess = new DatagramQueue();
  /** `first`: one datagram came in this turn; `several`: more did, and their answers wait. */
  #state: "idle" | "first" | "several" | "spent" | "stopped" = "idle";
  #filter: "off" | "on" | "refused" = "off";
  #startedAt = 0;
  #gatheredSince = 0;
  shed = 0;

  constructor(
    driver: DatagramDriver,
    context: { readonly clock: Clock; readonly turn: Turn },
    sending: DatagramSendSide,
    owner: DatagramReceiveSideOwner,
    options: Pick<ListenUDPOptions, "receiveBudgetMs" | "receiveBufferBytes">,
  ) {
    this.#driver = driver;
    this.#clock = context.clock;
    this.#turn = context.turn;
    this.#sending = sending;
    this.#owner = owner;
    this.#budgetMs = options.receiveBudgetMs ?? DEFAULT_RECEIVE_BUDGET_MS;
    this.#maxExcessBytes = Math.max(options.receiveBufferBytes ?? 0, MIN_EXCESS_BYTES);
  }

  /** One datagram came in. */
  received(data: Buffer, address: InternetAddress): void {
    const now = this.#clock.now();
    if (this.#state === "idle") {
      this.#state = "first";
      this.#startedAt = now;
      this.#turn.addToNext(this);
    } else if (!this.#hasTime(now)) {
      this.#keep(data, address);
      return;
    } else if (this.#state === "first") {
      this.#state = "several";
      this.#gather(now);
    } else {
      this.#sendOldAnswers(now);
    }
    this.#owner.deliver(data, address);
  }

  /** The loop has looked at everything else once: there is new time to spend. */
  turnEnded(): void {
    if (this.#isStopped) return;
    this.#sending.release();
    if (this.#state !== "spent") {
      this.#state = "idle";
      return;
    }
    this.#startedAt = this.#clock.now();
    this.#turn.addToNext(this);
    this.#deliverExcess();
    // Well before nothing is left, so that there is always something to do.
    if (!this.#isStopped && 2 * this.#excessBytes <= this.#maxExcessBytes) this.#removeFilter();
  }

  turnFailed(error: unknown): void {
    this.#owner.portFailed(error);
  }

  /** The port is closed: what was kept is shed. */
  stop(): void {
    this.shed += this.#excess.length;
    this.#excess.clear();
    this.#state = "stopped";
    // The socket may be somebody else's too, who would go on without hearing anything.
    this.#removeFilter();
  }

  /** Whether the turn may go on delivering; once it may not, it says so until the next. */
  #hasTime(now: number): boolean {
    if (this.#state === "spent" || this.#isStopped) return false;
    if (now - this.#startedAt <= this.#budgetMs) return true;
    this.#state = "spent";
    this.#sending.release();
    return false;
  }

  #gather(now: number): void {
    this.#gatheredSince = now;
    this.#sending.gather();
  }

  #sendOldAnswers(now: number): void {
    if (now - this.#gatheredSince <= MAX_GATHER_MS) return;
    this.#gatheredSince = now;
    this.#sending.flush();
  }

  #keep(data: Buffer, address: InternetAddress): void {
    if (this.#isStopped) return;
    const needed = this.#excessBytes + data.length + DATAGRAM_OVERHEAD_BYTES;
    if (needed <= this.#maxExcessBytes) {
      this.#excess.push(data, address);
      return;
    }
    this.shed++;
    this.#addFilter();
  }

  /** Delivers at least one if there is one, however little time there is. */
  #deliverExcess(): void {
    const excess = this.#excess;
    this.#state = "several";
    this.#gather(this.#startedAt);
    while (excess.length > 0) {
      const data = excess.data[excess.first] as Buffer;
      const address = excess.addresses[excess.first] as InternetAddress;
      excess.remove(1);
      this.#owner.deliver(data, address);
      const now = this.#clock.now();
      this.#sendOldAnswers(now);
      if (!this.#hasTime(now)) return;
    }
    this.#sending.flush();
  }

  #addFilter(): void {
    if (this.#filter !== "off") return;
    try {
      this.#driver.startShedding();
      this.#filter = "on";
    } catch (error) {
      this.#filter = "refused";
      this.#owner.sheddingRefused(error);
    }
  }

  #removeFilter(): void {
    if (this.#filter !== "on") return;
    try {
      this.#filter = "off";
      this.shed += this.#driver.stopShedding();
    } catch (error) {
      this.#owner.portFailed(error);
    }
  }

  get #excessBytes(): number {
    return this.#excess.bytes + this.#excess.length * DATAGRAM_OVERHEAD_BYTES;
  }

  get #isStopped(): boolean {
    return this.#state === "stopped";
  }
}
