import { AlreadyCalled, AlreadyCancelled, type DelayedCall } from "./clock.ts";
import { DURATION, FUNCTION } from "./option-kinds.ts";

/**
 * The delayed calls of one clock, ordered by due time and then by age: a binary heap, so that
 * making, moving and cancelling cost O(log n). It knows no clock: its owner says what time it is,
 * and is told when another call became the earliest.
 *
 * Its owner runs calls in rounds: `takeDue` until there is none, then `putBack`. What may not run
 * in a round is set aside when it gets in the way, so that each call is looked at once.
 */
export class CallQueue {
  readonly #heap: QueuedCall[] = [];
  /** Due, and left to the next round. */
  readonly #aside = new Set<QueuedCall>();
  readonly #now: () => number;
  readonly #headChanged: () => void;
  #nextSequence = 0;

  /**
   * @param now the owner's time, in milliseconds
   * @param headChanged called when another call became the earliest, or the last one was cancelled,
   *   so that the owner can re-arm
   */
  constructor(now: () => number, headChanged: () => void) {
    this.#now = now;
    this.#headChanged = headChanged;
  }

  get length(): number {
    return this.#heap.length + this.#aside.size;
  }

  /** When the earliest call that is not set aside is due; undefined when there is none. */
  get earliest(): number | undefined {
    return this.#heap[0]?.time;
  }

  /** Above the sequence number of every call made so far. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /**
   * @throws {RangeError} when `delayMs` is negative or not finite
   * @throws {TypeError} when it is no number, or `call` no function
   */
  add(delayMs: number, call: () => void): DelayedCall {
    const time = this.#dueTime("callLater: delayMs", delayMs);
    if (typeof call !== "function") FUNCTION.check("callLater: call", call);
    const queued = new QueuedCall(this, time, this.#nextSequence++, call);
    this.#raise(queued, this.#heap.length);
    if (queued.index === 0) this.#headChanged();
    return queued;
  }

  /**
   * Takes out the earliest call that is due at `time` and has a sequence number below `sequence`,
   * and returns its function; undefined when there is none. The sequence number keeps a call made
   * or moved inside another call waiting for the next round, however early it is due: what comes
   * before the returned call and may not run is set aside.
   */
  takeDue(time: number, sequence: number): (() => void) | undefined {
    for (;;) {
      const head = this.#heap[0];
      if (head === undefined || head.time > time) return undefined;
      this.#remove(head);
      if (head.sequence < sequence) {
        head.state = "called";
        return head.call;
      }
      this.#aside.add(head);
    }
  }

  /** Sets aside all that is due at `time`. */
  setAsideDue(time: number): void {
    this.takeDue(time, Number.NEGATIVE_INFINITY);
  }

  /** Puts back what was set aside. */
  putBack(): void {
    for (const queued of this.#aside) this.#raise(queued, this.#heap.length);
    this.#aside.clear();
  }

  /** Drops every call, as if each had been cancelled. */
  clear(): void {
    this.putBack();
    for (const queued of this.#heap) queued.state = "cancelled";
    this.#heap.length = 0;
  }

  /** Called by `QueuedCall` alone. */
  cancel(queued: QueuedCall): void {
    this.#remove(queued);
    queued.state = "cancelled";
    if (this.length === 0) this.#headChanged();
  }

  /** Called by `QueuedCall` alone. The call goes behind those already due at its new time. */
  moveFromNow(queued: QueuedCall, delayMs: number): void {
    this.#move(queued, this.#dueTime("reset: delayMs", delayMs));
  }

  /** Called by `QueuedCall` alone. */
  moveBy(queued: QueuedCall, delayMs: number): void {
    if (!Number.isFinite(delayMs)) throw new RangeError(`delay of ${delayMs} ms is not finite`);
    this.#move(queued, queued.time + delayMs);
  }

  #move(queued: QueuedCall, time: number): void {
    this.#remove(queued);
    queued.time = time;
    queued.sequence = this.#nextSequence++;
    this.#raise(queued, this.#heap.length);
    if (queued.index === 0) this.#headChanged();
  }

  #dueTime(place: string, delayMs: number): number {
    if (!(Number.isFinite(delayMs) && delayMs >= 0)) DURATION.check(place, delayMs);
    return this.#now() + delayMs;
  }

  /** Fills the place of `queued` with the last call of the heap, which then finds its own. */
  #remove(queued: QueuedCall): void {
    if (this.#aside.delete(queued)) return;
    const last = this.#heap.pop();
    if (last === undefined || last === queued) return;
    this.#raise(last, queued.index);
    this.#sink(last, last.index);
  }

  /** Puts `queued` at the free place `from` or above it. */
  #raise(queued: QueuedCall, from: number): void {
    let index = from;
    while (index > 0) {
      const parent = this.#heap[(index - 1) >> 1];
      if (parent === undefined || !comesBefore(queued, parent)) break;
      const parentIndex = parent.index;
      this.#put(parent, index);
      index = parentIndex;
    }
    this.#put(queued, index);
  }

  /** Puts `queued` at the free place `from` or below it. */
  #sink(queued: QueuedCall, from: number): void {
    let index = from;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = left && right && comesBefore(right, left) ? right : left;
      if (child === undefined || !comesBefore(child, queued)) break;
      const childIndex = child.index;
      this.#put(child, index);
      index = childIndex;
    }
    this.#put(queued, index);
  }

  #put(queued: QueuedCall, index: number): void {
    queued.index = index;
    this.#heap[index] = queued;
  }
}

function comesBefore(a: QueuedCall, b: QueuedCall): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}

class QueuedCall implements DelayedCall {
  state: "waiting" | "called" | "cancelled" = "waiting";
  index = 0;
  time: number;
  sequence: number;
  readonly call: () => void;
  readonly #queue: CallQueue;

  constructor(queue: CallQueue, time: number, sequence: number, call: () => void) {
    this.#queue = queue;
    this.time = time;
    this.sequence = sequence;
    this.call = call;
  }

  get active(): boolean {
    return this.state === "waiting";
  }

  cancel(): void {
    this.#mustWait("cancel");
    this.#queue.cancel(this);
  }

  reset(delayMs: number): void {
    this.#mustWait("reset");
    this.#queue.moveFromNow(this, delayMs);
  }

  delay(delayMs: number): void {
    this.#mustWait("delay");
    this.#queue.moveBy(this, delayMs);
  }

  [Symbol.dispose](): void {
    if (this.active) this.cancel();
  }

  #mustWait(verb: string): void {
    if (this.state === "called") throw new AlreadyCalled(`Cannot ${verb} a call that has run`);
    if (this.state === "cancelled") {
      throw new AlreadyCancelled(`Cannot ${verb} a call that was cancelled`);
    }
  }
}
