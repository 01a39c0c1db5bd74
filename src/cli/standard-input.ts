/** Whoever gets the input, chunk by chunk. */
export interface InputListener {
  inputReceived(chunk: Uint8Array): void;
  /** There is no more. Called once, last, unless `inputFailed` is. */
  inputEnded(): void;
  /** It cannot be read. Called once, last. */
  inputFailed(error: Error): void;
}

/** Standard input, read no faster than its listener takes it. */
export class StandardInput {
  readonly #open: () => ReadableStream<Uint8Array>;
  #state: "waiting" | "reading" | "stopped" = "waiting";
  #paused: PromiseWithResolvers<void> | null = null;

  /** @param open gives the stream; called when reading starts, and may throw */
  constructor(open: () => ReadableStream<Uint8Array> = () => Bun.stdin.stream()) {
    this.#open = open;
  }

  /** Begins to read. The first call comes later. */
  start(listener: InputListener): void {
    if (this.#state !== "waiting") throw new Error(`Cannot read an input that is ${this.#state}`);
    this.#state = "reading";
    void this.#read(listener);
  }

  /** No more chunks than the one that may be under way, until `resume`. */
  pause(): void {
    this.#paused ??= Promise.withResolvers();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = null;
  }

  /** Reads no more; the listener is not called again. */
  stop(): void {
    this.#state = "stopped";
    this.resume();
  }

  async #read(listener: InputListener): Promise<void> {
    try {
      const reader = this.#open().getReader();
      for (;;) {
        const { done, value } = await reader.read();
        await this.#paused?.promise;
        if (this.#state === "stopped") return;
        if (done) return listener.inputEnded();
        listener.inputReceived(value);
      }
    } catch (error) {
      if (this.#state === "stopped") return;
      listener.inputFailed(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
