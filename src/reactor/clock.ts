/**
 * Time as protocols see it: durations on a monotonic clock, in milliseconds. The calendar is
 * another thing and is not here.
 */

/** What knows the time and makes calls later; a `Reactor` is one, `ManualClock` another. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back, unmoved by changes of the calendar. */
  now(): number;
  /**
   * Calls `call` once, `delayMs` from now at the earliest and never inside this call. Calls that
   * are due at the same time run in the order they were made. An error it throws, or rejects
   * with, is logged.
   *
   * @throws {RangeError} when `delayMs` is negative or not a finite number
   */
  callLater(delayMs: number, call: () => void): DelayedCall;
}

/** One call that `callLater` has promised. `Symbol.dispose` cancels it if it is still to come. */
export interface DelayedCall extends Disposable {
  /** Whether it is still to come. */
  readonly active: boolean;
  /** The moment it is due, on its clock. */
  readonly time: number;
  /** Makes it not happen. @throws {AlreadyCalled} @throws {AlreadyCancelled} */
  cancel(): void;
  /** Makes it due `delayMs` from now. @throws {AlreadyCalled} @throws {AlreadyCancelled} */
  reset(delayMs: number): void;
  /** Makes it due `delayMs` after it was. @throws {AlreadyCalled} @throws {AlreadyCancelled} */
  delay(delayMs: number): void;
}

/** A `DelayedCall` was changed after it ran. */
export class AlreadyCalled extends Error {
  override readonly name = "AlreadyCalled";
}

/** A `DelayedCall` was changed after it was cancelled. */
export class AlreadyCancelled extends Error {
  override readonly name = "AlreadyCancelled";
}
