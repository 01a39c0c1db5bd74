import { drainMicrotasks } from "bun:jsc";
import type { DelayedCall } from "../reactor/clock.ts";
import type { Logger } from "../reactor/logger.ts";
import type { TurnScheduler } from "../transport/turn.ts";
import type { EventLoop, EventSource } from "./memory-loop.ts";
import { Schedule, type ScheduleRecorder } from "./schedule.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import {
  type SimulationLimits,
  simulationLimits,
  type SimulationOptions,
} from "./simulation-options.ts";

/**
 * The course of one run: virtual time, the events in it one by one, and the first thing that went
 * wrong. After each event everything that waits for a promise goes on, as with Bun's sockets; so a
 * run is one synchronous call, whatever promises its protocols use.
 */
export class Simulation implements TurnScheduler, EventLoop, Logger, ScheduleRecorder {
  readonly clock: SimulatedClock;
  readonly schedule: Schedule;
  readonly limits: SimulationLimits;
  /** What happened, line by line; null when nobody wants to know. */
  readonly trace: string[] | null;
  readonly #invariants: (() => unknown)[] = [];
  readonly #logged = new Set<unknown>();
  readonly #expected: ((error: unknown) => boolean)[] = [];
  #failure: Error | null = null;
  #steps = 0;

  /** @param recording whether to keep the trace and the decisions */
  constructor(seed: number, recording: boolean, options: SimulationOptions) {
    this.limits = simulationLimits(options);
    this.clock = new SimulatedClock(this, (call) => this.step(call));
    this.schedule = new Schedule(seed, this, recording, options);
    this.trace = recording ? [] : null;
  }

  /** The first broken invariant; null as long as all hold. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** How many events there were. */
  get steps(): number {
    return this.#steps;
  }

  /** An invariant is broken; the first one ends the run. */
  fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error), { cause: error });
  }

  now(): number {
    return this.clock.now();
  }

  /** Adds a line to the trace. Build it only where there is a trace. */
  note(line: string): void {
    this.trace?.push(`${String(this.clock.now()).padStart(8)} ms  ${line}`);
  }

  /** Has `check` called after every event. */
  addInvariant(check: () => unknown): void {
    this.#invariants.push(check);
  }

  /** Errors that `matches` accepts may be logged. */
  expectError(matches: (error: unknown) => boolean): void {
    this.#expected.push(matches);
  }

  /** Whether `error` was logged, as what a protocol throws is. */
  wasLogged(error: unknown): boolean {
    return this.#logged.has(error);
  }

  /** Has `call` called later as an event of its own. */
  callLater(delayMs: number, call: () => void): DelayedCall {
    return this.clock.callLater(delayMs, call);
  }

  /** One event, and all that follows from it at once. A run that has failed has none any more. */
  step(call: () => unknown): void {
    if (this.#failure !== null) return;
    this.#steps++;
    const { maxSteps } = this.limits;
    if (this.#steps > maxSteps) {
      this.fail(
        new Error(
          `The run does not end: more than ${maxSteps} events; see maxSteps and durationMs`,
        ),
      );
      return;
    }
    try {
      const result = call();
      if (result instanceof Promise) result.catch((error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
    this.endEvent();
  }

  /** All that follows at once from what was reported so far, and the checks after it. */
  endEvent(): void {
    drainMicrotasks();
    for (const check of this.#invariants) this.attempt(check);
  }

  /** Makes a check; what it throws is the failure. It may be `async`, but wait for nothing. */
  attempt(check: () => unknown): void {
    try {
      const result = check();
      if (result instanceof Promise) this.#settle(result);
    } catch (error) {
      this.fail(error);
    }
  }

  #settle(check: Promise<unknown>): void {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    check.catch((error: unknown) => this.fail(error)).then(over, over);
    drainMicrotasks();
    if (!isOver) this.fail(new Error("A check waits for something; it must be made at once"));
  }

  /** Moves on from event to event until nothing is to come, or `endMs` has come. */
  runUntil(endMs: number, isOver: () => boolean = () => false): void {
    const { clock } = this;
    drainMicrotasks();
    while (clock.pending > 0 && clock.now() < endMs && this.#failure === null && !isOver()) {
      clock.advanceToNext();
    }
  }

  /** Moves on by `ms`, up to where nothing is left to do at that moment. */
  advance(ms: number): void {
    let delayMs = ms;
    let stepsBefore: number;
    do {
      stepsBefore = this.#steps;
      let hasCome = false;
      this.clock.mark(delayMs, () => {
        hasCome = true;
      });
      this.runUntil(Number.POSITIVE_INFINITY, () => hasCome);
      delayMs = 0;
    } while (this.#steps > stepsBefore && this.#failure === null);
  }

  // What the turn and the sockets in memory ask of their loop.

  soon(run: () => void): void {
    // As `queueMicrotask`, which is what the real reactor does.
    void Promise.resolve().then(run);
  }

  nextTurn(run: () => void): void {
    this.callLater(0, run);
  }

  ready(source: EventSource): void {
    this.callLater(0, () => source.deliver());
  }

  // What the transports log.

  warn(message: string): void {
    if (this.trace !== null) this.note(`warning: ${message}`);
  }

  error(message: string, error?: unknown): void {
    if (this.trace !== null) this.note(`error: ${message}`);
    this.#logged.add(error);
    if (this.#expected.some((matches) => matches(error))) return;
    this.fail(new Error(error === undefined ? message : `${message}: ${error}`, { cause: error }));
  }
}
