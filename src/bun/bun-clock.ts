import { CallQueue } from "../reactor/call-queue.ts";
import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { Logger } from "../reactor/logger.ts";
import type { Turn } from "../transport/turn.ts";

/** The longest wait a timer of the runtime can be set to; a longer one is waited for in pieces. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * How long one round of due calls may take before the sockets get their turn. Many calls that are
 * due together then cost the connections at most this and the longest of them.
 */
const ROUND_BUDGET_MS = 10;

/**
 * The reactor's time: one timer of the runtime, always set to the earliest call. Equal times stay
 * in order and calls cost no timer each.
 */
export class BunClock implements Clock {
  readonly #queue = new CallQueue(
    () => this.now(),
    () => this.#arm(),
  );
  readonly #turn: Turn;
  readonly #logger: Logger;
  readonly #runDue = () => this.#run();
  readonly #report = (error: unknown) => this.#logger.error("a timed call failed", error);
  /** While a round of calls runs, its end sets the timer. */
  #state: "waiting" | "running" = "waiting";
  #timeout: Timer | null = null;
  #immediate: NodeJS.Immediate | null = null;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(turn: Turn, logger: Logger) {
    this.#turn = turn;
    this.#logger = logger;
  }

  now(): number {
    return performance.now();
  }

  callLater(delayMs: number, call: () => void): DelayedCall {
    return this.#queue.add(delayMs, call);
  }

  /** Has the earliest call wake us; a timer that rings too early is simply set again. */
  #arm(): void {
    if (this.#state === "running") return;
    const { earliest } = this.#queue;
    // A timer that nobody waits for any more would keep the process alive.
    if (earliest === undefined) return this.#disarm();
    if (earliest >= this.#armedFor) return;
    this.#disarm();
    this.#armedFor = earliest;
    const delayMs = Math.ceil(earliest - this.now());
    // A timer of 0 ms takes more than 1 ms; an immediate runs after this turn's sockets.
    if (delayMs <= 0) this.#immediate = setImmediate(this.#runDue);
    else this.#timeout = setTimeout(this.#runDue, Math.min(delayMs, MAX_TIMER_MS));
  }

  #disarm(): void {
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#timeout = null;
    this.#immediate = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #run(): void {
    this.#disarm();
    this.#state = "running";
    try {
      this.#runRound();
    } finally {
      this.#queue.putBack();
      this.#state = "waiting";
      this.#arm();
    }
  }

  /** Runs what is due, other than what these calls themselves ask for. */
  #runRound(): void {
    const roundBegan = this.now();
    const { nextSequence } = this.#queue;
    for (;;) {
      const call = this.#queue.takeDue(roundBegan, nextSequence);
      if (call === undefined) return;
      this.#make(call);
      if (this.now() - roundBegan >= ROUND_BUDGET_MS) return;
    }
  }

  #make(call: () => void): void {
    const outer = this.#turn.enter();
    try {
      const result: unknown = call();
      if (result instanceof Promise) result.catch(this.#report);
    } catch (error) {
      this.#report(error);
    } finally {
      this.#turn.leave(outer);
    }
  }
}
