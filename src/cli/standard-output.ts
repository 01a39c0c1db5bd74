/** The part of a writable stream that is needed here; `process.stdout` has it. */
export interface OutputStream {
  write(data: Uint8Array | string, done: (error?: Error | null) => void): boolean;
  on(event: "drain", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** Whoever writes and is to know when he may go on. */
export interface OutputListener {
  outputDrained(): void;
}

/**
 * Standard output, which may be slow and may break. The stream itself forgets to say how much waits
 * and when all has left, so this counts.
 */
export class StandardOutput {
  readonly #stream: OutputStream;
  #waitingBytes = 0;
  #listener: OutputListener | null = null;
  #flushed: PromiseWithResolvers<void> | null = null;

  /** @param broken called when nothing can be written any more, with the cause */
  constructor(stream: OutputStream, broken: (error: Error) => void) {
    this.#stream = stream;
    stream.on("error", broken);
    stream.on("drain", () => this.#listener?.outputDrained());
  }

  /** What has been written and not yet left, in bytes. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** From now on tells `listener` each time it may go on after a `write` that returned false. */
  listen(listener: OutputListener): void {
    this.#listener = listener;
  }

  /** Writes, now or later. Returns false when the writer should wait for `outputDrained`. */
  write(data: Uint8Array | string): boolean {
    const bytes = Buffer.byteLength(data);
    if (bytes === 0) return true;
    this.#waitingBytes += bytes;
    return this.#stream.write(data, (error) => {
      if (!error) this.#left(bytes);
    });
  }

  /** Resolves when all that was written has left; never, when it cannot. */
  flushed(): Promise<void> {
    if (this.#waitingBytes === 0) return Promise.resolve();
    this.#flushed ??= Promise.withResolvers();
    return this.#flushed.promise;
  }

  #left(bytes: number): void {
    this.#waitingBytes -= bytes;
    if (this.#waitingBytes > 0) return;
    this.#flushed?.resolve();
    this.#flushed = null;
  }
}
