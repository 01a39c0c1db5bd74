import type { Logger } from "./logger.ts";

/** The three phases of a shutdown, in this order. */
export type SystemEventPhase = "before" | "during" | "after";

/** One registered call; `remove` (or `using`) takes it back. */
export interface SystemEventTrigger extends Disposable {
  remove(): void;
}

/** The calls that wait for a reactor's shutdown, by phase, in the order they were added. */
export class SystemEvents {
  readonly #triggers: Record<SystemEventPhase, Set<() => unknown>> = {
    before: new Set(),
    during: new Set(),
    after: new Set(),
  };
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(phase: SystemEventPhase, call: () => unknown): SystemEventTrigger {
    const triggers = this.#triggers[phase];
    // A wrapper of its own, so that the same function added twice is called twice.
    const trigger = () => call();
    triggers.add(trigger);
    const remove = () => void triggers.delete(trigger);
    return { remove, [Symbol.dispose]: remove };
  }

  /**
   * Runs the three phases, each call once; they are gone afterwards. The promises of `before` are
   * awaited; those of the others only have their rejections logged.
   *
   * @param closeEverything what the reactor itself does between `during` and `after`
   */
  async fire(closeEverything: () => Promise<void>): Promise<void> {
    await Promise.all(this.#call("before"));
    this.#call("during");
    await closeEverything();
    this.#call("after");
  }

  /** Calls the triggers of one phase; the promises it returns never reject. */
  #call(phase: SystemEventPhase): Promise<unknown>[] {
    const triggers = [...this.#triggers[phase]];
    this.#triggers[phase].clear();
    const pending: Promise<unknown>[] = [];
    for (const trigger of triggers) {
      try {
        const result = trigger();
        if (result instanceof Promise) pending.push(result.catch((e) => this.#report(phase, e)));
      } catch (error) {
        this.#report(phase, error);
      }
    }
    return pending;
  }

  #report(phase: SystemEventPhase, error: unknown): void {
    this.#logger.error(`a trigger of the phase "${phase}" failed`, error);
  }
}
