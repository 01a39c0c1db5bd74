import type { Permit, Semaphore } from "../../src/task/semaphore.ts";

/** Somebody asks, by name, or takes that back; or who was let in first leaves. */
export type SemaphoreOp =
  readonly ["acquire", string] | readonly ["cancel", string] | readonly ["release"];

/** Performs operations on a semaphore and records who was let in; release is by the oldest. */
export class SemaphoreScript {
  readonly granted: string[] = [];
  readonly held: Permit[] = [];
  readonly #semaphore: Semaphore;
  readonly #askers = new Map<string, AbortController>();

  constructor(semaphore: Semaphore) {
    this.#semaphore = semaphore;
  }

  /** Who asked, whether they were let in or not. */
  get names(): readonly string[] {
    return [...this.#askers.keys()];
  }

  perform(op: SemaphoreOp): void {
    switch (op[0]) {
      case "acquire":
        this.#acquire(op[1]);
        break;
      case "cancel":
        this.#askers.get(op[1])?.abort("cancelled");
        break;
      case "release":
        this.held.shift()?.release();
        break;
    }
  }

  #acquire(name: string): void {
    const controller = new AbortController();
    this.#askers.set(name, controller);
    this.#semaphore.acquire(controller).then(
      (permit) => {
        this.granted.push(name);
        this.held.push(permit);
      },
      (error) => this.granted.push(`${name}:${error === "cancelled" ? "CancelledError" : error}`),
    );
  }
}
