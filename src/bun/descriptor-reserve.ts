import { descriptorLimit } from "../native/descriptor-limit.ts";
import type { Clock } from "../reactor/clock.ts";
import type { Logger } from "../reactor/logger.ts";

/** Enough for the files, name lookups and outgoing connections of a busy program. */
const MAX_RESERVED = 64;

/** A process that may have only a few descriptors keeps this part of them free. */
const RESERVED_PART = 1 / 8;

/** What connects leave free, so that a listener can still accept, if only to turn away. */
const KEPT_FROM_CONNECTS = 4;

/** How often it is said that connections are turned away: often enough to see that it goes on. */
const REPORT_INTERVAL_MS = 60_000;

/**
 * The descriptors that accepted connections leave free for files, name lookups and outgoing
 * connections. At the process's limit itself Bun cannot accept and its loop spins, so connections
 * that come near it are turned away, and connects that come to it fail.
 */
export class DescriptorReserve {
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, "now">;
  readonly #limit: () => number;
  #announced = false;
  #turnedAway = 0;
  #nextReportAtMs = 0;

  /** @param limit how many descriptors the process may have; asked when something listens */
  constructor(logger: Logger, clock: Pick<Clock, "now">, limit = descriptorLimit) {
    this.#logger = logger;
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Something begins to listen: says, once, when the limit is lower than servers usually have. */
  listens(): void {
    if (this.#announced) return;
    this.#announced = true;
    const limit = this.#limit();
    if (limit * RESERVED_PART >= MAX_RESERVED) return;
    this.#logger.warn(
      `this process may have only ${limit} descriptors: connections are turned away when ` +
        `${this.#first} are in use; raise the limit (ulimit -n) to serve more`,
    );
  }

  /**
   * Whether a connection with this descriptor leaves enough free. The system gives out the lowest
   * number that is free, so a number tells how many are in use. One that does not is counted, and
   * reported from time to time.
   */
  leavesEnough(fd: number): boolean {
    if (fd < this.#first) return true;
    this.#turnedAway++;
    const now = this.#clock.now();
    if (now < this.#nextReportAtMs) return false;
    this.#logger.warn(
      `connections turned away: ${this.#turnedAway}, with ${this.#first} of at most ` +
        `${this.#limit()} descriptors in use`,
    );
    this.#turnedAway = 0;
    this.#nextReportAtMs = now + REPORT_INTERVAL_MS;
    return false;
  }

  /** Whether a connect may have this descriptor, and take from the reserve. */
  lendsTo(fd: number): boolean {
    return fd < this.#limit() - KEPT_FROM_CONNECTS;
  }

  /** The first number that is too high. */
  get #first(): number {
    const limit = this.#limit();
    return limit - Math.min(MAX_RESERVED, Math.ceil(limit * RESERVED_PART));
  }
}
