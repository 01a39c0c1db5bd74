/** The signals that stop reactors. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

type StopSignal = (typeof SIGNALS)[number];

/**
 * Within this time the same signal again is the same keystroke: npm passes the terminal's SIGINT on
 * to a program that has it from the terminal already. That takes a millisecond, or some tens on a
 * busy machine; who presses a second time because the first did not help takes longer.
 */
const SAME_SIGNAL_MS = 500;

/**
 * The process's SIGINT and SIGTERM, on behalf of all reactors that run in it. The first signal
 * stops all of them in order. Another one, while one of them still stops, ends the process as if
 * nobody listened.
 */
class StopSignals {
  /** What stops each reactor, and whether a signal has done so. */
  readonly #reactors = new Map<() => void, "running" | "stopping">();
  /** When each signal last came that was not a repeat. */
  readonly #cameAt = new Map<StopSignal, number>();
  readonly #came = (signal: NodeJS.Signals) => this.#handle(signal as StopSignal);
  #attached = false;
  /** Set while no reactor runs and a repeat may still come. */
  #repeatsOver: Timer | null = null;

  /** A reactor runs, and is to be stopped by `stop`, which the first signal calls. */
  add(stop: () => void): void {
    this.#reactors.set(stop, "running");
    if (this.#repeatsOver !== null) clearTimeout(this.#repeatsOver);
    this.#repeatsOver = null;
    if (this.#attached) return;
    this.#attached = true;
    for (const signal of SIGNALS) process.on(signal, this.#came);
  }

  /** It has stopped. After the last one the signals are as they were before the first. */
  delete(stop: () => void): void {
    this.#reactors.delete(stop);
    if (this.#reactors.size > 0 || !this.#attached) return;
    const leftMs = Math.max(...this.#cameAt.values()) + SAME_SIGNAL_MS - performance.now();
    if (!(leftMs > 0)) return this.#detach();
    // The program may still be saying its last words, which a repeat must not cut off.
    this.#repeatsOver = setTimeout(() => this.#detach(), leftMs);
    this.#repeatsOver.unref();
  }

  #handle(signal: StopSignal): void {
    const now = performance.now();
    if (now - (this.#cameAt.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_SIGNAL_MS) return;
    this.#cameAt.set(signal, now);
    const states = [...this.#reactors.values()];
    if (states.length === 0 || states.includes("stopping")) return this.#endProcess(signal);
    for (const stop of [...this.#reactors.keys()]) {
      this.#reactors.set(stop, "stopping");
      stop();
    }
  }

  /** As if nobody here had ever listened. Who else does has this signal already. */
  #endProcess(signal: StopSignal): void {
    this.#detach();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  }

  #detach(): void {
    if (this.#repeatsOver !== null) clearTimeout(this.#repeatsOver);
    this.#repeatsOver = null;
    this.#attached = false;
    for (const signal of SIGNALS) process.off(signal, this.#came);
  }
}

/** One for the process, as its signals are. */
export const STOP_SIGNALS = new StopSignals();
