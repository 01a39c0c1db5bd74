import { seededBytes } from "../seeded-bytes.ts";
import { LoadClient, type LoadClientOwner } from "./load-client.ts";

/** Without an answer for so long one is lost: loopback loses none by itself. */
const LOST_MS = 2_000;

/** What one stretch of load is to be. */
export interface DatagramLoadOrder {
  readonly bytes: number;
  /** How many datagrams each client has under way. */
  readonly underWay: number;
  readonly durationMs: number;
  readonly seed: number;
  /** Whether each byte of an answer is looked at, not only whose answer it is. */
  readonly compares: boolean;
}

/** What one stretch of load came to. */
export interface DatagramLoadResult {
  /** Answers that came. */
  readonly answers: number;
  readonly elapsedMs: number;
  /** From the sending of a datagram to its answer, in microseconds. */
  readonly p50Us: number;
  readonly p99Us: number;
}

/** A load of closed loops: each of its clients has the same number of datagrams under way. */
export class DatagramLoad implements LoadClientOwner {
  readonly #clients: LoadClient[] = [];
  #latenciesMs: number[] = [];
  #underWay = 0;
  #stopAtMs = 0;
  readonly #lostMs: number;
  #outcome = Promise.withResolvers<void>();

  /** @param lostMs how much longer than the load lasts an answer is waited for */
  constructor(lostMs = LOST_MS) {
    this.#lostMs = lostMs;
  }

  /** Opens `count` sockets, each connected to a port of this host. */
  async open(port: number, count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const client = new LoadClient(this, index);
      await client.open(port);
      this.#clients.push(client);
    }
  }

  /** Sends datagrams for the time that `order` says, and waits until the last is answered. */
  async run(order: DatagramLoadOrder): Promise<DatagramLoadResult> {
    const { bytes, underWay, durationMs, seed, compares } = order;
    this.#latenciesMs = [];
    this.#underWay = this.#clients.length * underWay;
    this.#outcome = Promise.withResolvers();
    const filling = seededBytes(bytes, seed);
    const lost = setTimeout(() => this.failed("an answer was lost"), durationMs + this.#lostMs);
    const startedAt = performance.now();
    this.#stopAtMs = startedAt + durationMs;
    for (const client of this.#clients) client.start(filling, underWay, compares);
    try {
      await this.#outcome.promise;
    } finally {
      clearTimeout(lost);
    }
    const elapsedMs = performance.now() - startedAt;
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b);
    const quantile = (share: number) => 1e3 * (sorted[Math.floor(share * sorted.length)] ?? 0);
    return { answers: sorted.length, elapsedMs, p50Us: quantile(0.5), p99Us: quantile(0.99) };
  }

  answered(latencyMs: number, now: number): boolean {
    this.#latenciesMs.push(latencyMs);
    if (now < this.#stopAtMs) return true;
    this.#underWay--;
    if (this.#underWay === 0) this.#outcome.resolve();
    return false;
  }

  failed(why: string): void {
    this.#outcome.reject(new Error(why));
  }
}
