import { Semaphore, type SemaphoreOptions } from "./semaphore.ts";

/** A semaphore of one permit: whoever holds it is alone. It is not re-entrant. */
export class Mutex extends Semaphore {
  constructor(options: SemaphoreOptions = {}) {
    super(1, options);
  }

  /** Whether somebody holds it. */
  get locked(): boolean {
    return this.available === 0;
  }
}
