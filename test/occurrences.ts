/**
 * Things that a test waits for: each waiter has a condition, looked at again after every event.
 * What can no longer come true is refused with the reason, so that a test fails instead of hanging.
 */
export class Occurrences {
  #waiting: Waiter[] = [];
  #overBecause: string | null = null;

  /** Resolves once `condition` holds: now, or after an event. Rejects when it no longer can. */
  until(what: string, condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    if (this.#overBecause !== null) return Promise.reject(tooLate(what, this.#overBecause));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ what, condition, resolve, reject });
    return promise;
  }

  /** Something happened: looks at every condition again. */
  happened(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (waiter.condition()) waiter.resolve();
      else if (this.#overBecause !== null) waiter.reject(tooLate(waiter.what, this.#overBecause));
      else this.#waiting.push(waiter);
    }
  }

  /** Nothing more will happen, `because` of this. */
  over(because: string): void {
    this.#overBecause = because;
    this.happened();
  }
}

interface Waiter {
  readonly what: string;
  readonly condition: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function tooLate(what: string, because: string): Error {
  return new Error(`Waited for ${what}, but ${because}`);
}
