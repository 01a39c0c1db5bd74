import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { Simulation } from "./simulation.ts";

/** The clock that the transports of a run are given: it knows how many of their calls pend. */
export class SimulatedTransportClock implements Clock {
  readonly #simulation: Simulation;
  #pending = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** How many calls of the transports are still to come. */
  get pending(): number {
    return this.#pending;
  }

  now(): number {
    return this.#simulation.clock.now();
  }

  callLater(delayMs: number, call: () => void): DelayedCall {
    const inner = this.#simulation.callLater(delayMs, () => {
      this.#pending--;
      call();
    });
    this.#pending++;
    return new TalliedCall(inner, () => this.#pending--);
  }
}

/** A delayed call that says when it was cancelled. */
class TalliedCall implements DelayedCall {
  readonly #inner: DelayedCall;
  readonly #cancelled: () => void;

  constructor(inner: DelayedCall, cancelled: () => void) {
    this.#inner = inner;
    this.#cancelled = cancelled;
  }

  get active(): boolean {
    return this.#inner.active;
  }

  get time(): number {
    return this.#inner.time;
  }

  cancel(): void {
    this.#inner.cancel();
    this.#cancelled();
  }

  reset(delayMs: number): void {
    this.#inner.reset(delayMs);
  }

  delay(delayMs: number): void {
    this.#inner.delay(delayMs);
  }

  [Symbol.dispose](): void {
    if (this.active) this.cancel();
  }
}
