import { QueueClosed, QueueOverflow, QueueUnderflow } from "./queue-error.ts";
import { WaitList } from "./wait-list.ts";
import type { WaitOptions } from "./wait-options.ts";

/**
 * What a queue takes unless told: far more than a queue that is kept up with ever holds, and
 * little enough that one nobody reads is noticed long before memory runs out.
 */
const DEFAULT_LIMIT = 65_536;

/** How long a queue and the line in front of it may become. */
export interface AsyncQueueOptions {
  /**
   * The items it holds at most; 65536 unless told. With 0 an item goes only to somebody who waits
   * for it; `Infinity` sets no limit.
   */
  readonly maxSize?: number;
  /** Those who may wait for an item at once; 65536 unless told. */
  readonly maxBacklog?: number;
}

/**
 * Hands items from those who put them to those who get them, both in the order they came. An item
 * goes to one getter only, at once when one waits. `for await` takes items until the queue closes.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #getters = new WaitList<T>();
  readonly #maxSize: number;
  readonly #maxBacklog: number;
  /** The items behind those that were taken, whose places are empty. */
  #items: (T | undefined)[] = [];
  /** Where the oldest item is. */
  #head = 0;
  /** What getters are told once the items are gone; null while the queue is open. */
  #end: Error | null = null;

  /** @throws {RangeError} when a limit is negative or not a number */
  constructor(options: AsyncQueueOptions = {}) {
    this.#maxSize = checkedLimit("maxSize", options.maxSize ?? DEFAULT_LIMIT);
    this.#maxBacklog = checkedLimit("maxBacklog", options.maxBacklog ?? DEFAULT_LIMIT);
  }

  /** How many items it holds. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** How many wait for an item. */
  get waiting(): number {
    return this.#getters.length;
  }

  /** Whether `close` was called; there may still be items to get. */
  get closed(): boolean {
    return this.#end !== null;
  }

  /**
   * Hands `item` to the one who waits longest, or keeps it.
   *
   * @throws {QueueOverflow} when nobody waits and the queue is full
   * @throws {QueueClosed} after `close`
   */
  put(item: T): void {
    if (this.#end !== null) throw new QueueClosed("Cannot put into a queue that is closed");
    if (this.#getters.resolveOldest(item)) return;
    if (this.size >= this.#maxSize) {
      throw new QueueOverflow(`Cannot put into a queue that holds ${this.size} items: it is full`);
    }
    this.#items.push(item);
  }

  /**
   * Resolves with the oldest item, as soon as there is one.
   *
   * @param options.signal stops waiting; the item that would have come goes to the next getter
   * @throws {QueueUnderflow} as a rejection, when as many wait already as may
   * @throws {QueueClosed} as a rejection, when the queue is closed and empty; or the error that it
   *   was closed with
   */
  get(options: WaitOptions = {}): Promise<T> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.size > 0) return Promise.resolve(this.#takeOldest());
    if (this.#end !== null) return Promise.reject(this.#end);
    if (this.waiting >= this.#maxBacklog) {
      const message = `Cannot wait for a queue that ${this.waiting} wait for: no more may`;
      return Promise.reject(new QueueUnderflow(message));
    }
    return this.#getters.wait(signal);
  }

  /**
   * Takes no more items. Those it holds can still be got; who waits for more is sent away. A second
   * close changes nothing.
   *
   * @param error what getters and `for await` are given when the items are gone; without it the
   *   former get `QueueClosed`, and the latter ends
   */
  close(error?: Error): void {
    if (this.#end !== null) return;
    this.#end = error ?? new QueueClosed("The queue was closed");
    this.#getters.rejectAll(this.#end);
  }

  /** The items as they come, until the queue is closed and empty. Leaving early loses none. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let item: T;
      try {
        item = await this.get();
      } catch (error) {
        if (error instanceof QueueClosed) return;
        throw error;
      }
      yield item;
    }
  }

  #takeOldest(): T {
    // There is one: the caller has looked at the size.
    const item = this.#items[this.#head] as T;
    this.#items[this.#head] = undefined;
    this.#head++;
    // Half of the places are empty then, so that on average an item is moved no more than once.
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

function checkedLimit(name: string, limit: number): number {
  if (limit >= 0) return limit;
  throw new RangeError(`Cannot make a queue with a ${name} of ${limit}: at least 0 is needed`);
}
