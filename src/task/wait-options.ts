/** What everything takes that waits. */
export interface WaitOptions {
  /**
   * Ends the wait: its promise rejects with the signal's `reason`. `AbortSignal.timeout(ms)` makes
   * one that bounds the wait.
   */
  readonly signal?: AbortSignal;
}
