import { checkDuration } from "./check-duration.ts";
import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import { settlesWithin } from "./settles-within.ts";

/** The three phases of a shutdown, in this order. */
export type SystemEventPhase = "before" | "during" | "after";

/** One registered call; `remove` (or `using`) takes it back. */
export interface SystemEventTrigger extends Disposable {
  remove(): void;
}

/**
 * How long `"before"` is waited for by default: twice what draining a port takes at most, and less
 * than the 90 s after which systemd kills what it has asked to stop.
 */
const BEFORE_TIMEOUT_MS = 60_000;

/** The calls that wait for a reactor's shutdown, by phase, in the order they were added. */
export class SystemEvents {
  readonly #triggers: Record<SystemEventPhase, Set<Trigger>> = {
    before: new Set(),
    during: new Set(),
    after: new Set(),
  };
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #beforeTimeoutMs: number;

  /** @param beforeTimeoutMs how long the promises of `"before"` are waited for; 60000 by default */
  constructor(logger: Logger, clock: Clock, beforeTimeoutMs = BEFORE_TIMEOUT_MS) {
    checkDuration("stopTimeoutMs", beforeTimeoutMs);
    this.#logger = logger;
    this.#clock = clock;
    this.#beforeTimeoutMs = beforeTimeoutMs;
  }

  add(phase: SystemEventPhase, call: () => unknown): SystemEventTrigger {
    const triggers = this.#triggers[phase];
    // An object of its own, so that the same function added twice is called twice.
    const trigger = { call };
    triggers.add(trigger);
    const remove = () => void triggers.delete(trigger);
    return { remove, [Symbol.dispose]: remove };
  }

  /**
   * Runs the three phases, each call once; they are gone afterwards. The promises of `before` are
   * awaited, as long as they may take; those of the others only have their rejections logged. What
   * is added for a phase that has begun is there the next time.
   *
   * @param closeEverything what the reactor itself does between `during` and `after`
   */
  async fire(closeEverything: () => Promise<void>): Promise<void> {
    await this.#settled(this.#call("before"));
    this.#call("during");
    await closeEverything();
    this.#call("after");
  }

  /** Calls the triggers of one phase. Returns what they promise, until it has settled. */
  #call(phase: SystemEventPhase): ReadonlyMap<Trigger, Promise<unknown>> {
    const triggers = [...this.#triggers[phase]];
    this.#triggers[phase].clear();
    const pending = new Map<Trigger, Promise<unknown>>();
    for (const trigger of triggers) {
      try {
        const result = trigger.call();
        if (!(result instanceof Promise)) continue;
        const settled = result
          .catch((error: unknown) => this.#report(phase, error))
          .finally(() => pending.delete(trigger));
        pending.set(trigger, settled);
      } catch (error) {
        this.#report(phase, error);
      }
    }
    return pending;
  }

  async #settled(pending: ReadonlyMap<Trigger, Promise<unknown>>): Promise<void> {
    if (pending.size === 0) return;
    const timeoutMs = this.#beforeTimeoutMs;
    if (await settlesWithin(this.#clock, timeoutMs, Promise.all(pending.values()))) return;
    const names = [...pending.keys()].map(({ call }) => call.name || "a function without a name");
    this.#logger.error(
      `stopping goes on without what "before" waited for ${timeoutMs} ms: ${names.join(", ")}`,
    );
  }

  #report(phase: SystemEventPhase, error: unknown): void {
    this.#logger.error(`a trigger of the phase "${phase}" failed`, error);
  }
}

interface Trigger {
  readonly call: () => unknown;
}
