/** Those who wait for something, oldest first. Any of them may leave, at the same small cost. */
export class WaitList<T> {
  #oldest: Waiter<T> | null = null;
  #newest: Waiter<T> | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /**
   * Joins the end of the line.
   *
   * @param signal leaves the line and rejects with its reason; it must not be aborted already
   */
  wait(signal: AbortSignal | undefined): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const waiter = new Waiter(this, resolve, reject, signal);
    signal?.addEventListener("abort", waiter);
    this.#append(waiter);
    return promise;
  }

  /** Gives `value` to the one who waits longest; false when nobody waits. */
  resolveOldest(value: T): boolean {
    const waiter = this.#oldest;
    if (waiter === null) return false;
    this.remove(waiter);
    waiter.resolve(value);
    return true;
  }

  /** Sends everybody away with `error`. */
  rejectAll(error: unknown): void {
    for (let waiter = this.#oldest; waiter !== null; waiter = this.#oldest) {
      this.remove(waiter);
      waiter.reject(error);
    }
  }

  /** Called here and by `Waiter` alone. */
  remove(waiter: Waiter<T>): void {
    waiter.signal?.removeEventListener("abort", waiter);
    if (waiter.older === null) this.#oldest = waiter.newer;
    else waiter.older.newer = waiter.newer;
    if (waiter.newer === null) this.#newest = waiter.older;
    else waiter.newer.older = waiter.older;
    this.#length--;
  }

  #append(waiter: Waiter<T>): void {
    waiter.older = this.#newest;
    if (this.#newest === null) this.#oldest = waiter;
    else this.#newest.newer = waiter;
    this.#newest = waiter;
    this.#length++;
  }
}

class Waiter<T> implements EventListenerObject {
  older: Waiter<T> | null = null;
  newer: Waiter<T> | null = null;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  readonly #list: WaitList<T>;

  constructor(
    list: WaitList<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#list = list;
    this.resolve = resolve;
    this.reject = reject;
    this.signal = signal;
  }

  /** Called by the signal when it is aborted. */
  handleEvent(): void {
    this.#list.remove(this);
    this.reject(this.signal?.reason);
  }
}
