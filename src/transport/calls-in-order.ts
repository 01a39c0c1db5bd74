/** Has calls take effect one after the other, however long each takes, in the order they came. */
export class CallsInOrder {
  /** Settles with the last call; null when none is under way. */
  #last: Promise<void> | null = null;

  /**
   * Runs `call` now, or once those before have ended, well or not.
   *
   * @returns what `call` returns; rejects with what it throws
   */
  run<T>(call: () => T | Promise<T>): Promise<T> {
    const result = this.#last === null ? Promise.try(call) : this.#last.then(call);
    const last: Promise<void> = result.then(
      () => this.#ended(last),
      () => this.#ended(last),
    );
    this.#last = last;
    return result;
  }

  #ended(call: Promise<void>): void {
    if (this.#last === call) this.#last = null;
  }
}
