/** Whoever is told how a `DescriptorWriter` gets on. Neither is called inside its `write`. */
export interface DescriptorOutput {
  /** What it had taken has left. */
  outputDrained(): void;
  /** It can never write again. */
  outputFailed(error: Error): void;
}

/** How much is under way at once: what a pipe holds, so that a reader never waits for us. */
const MAX_TAKEN_BYTES = 65_536;

/**
 * Writes to a descriptor of any kind without blocking. It takes as much as the system takes at once
 * and one piece more, which is under way then; so a slow reader is noticed.
 */
export class DescriptorWriter {
  readonly #fd: number;
  readonly #owner: DescriptorOutput;
  #sink: Bun.FileSink | null = null;
  #state: "ready" | "busy" | "failed" | "ended" = "ready";
  #pendingBytes = 0;
  readonly #drained = () => this.#leftOff();
  readonly #failed = (error: unknown) => this.#fail(error);

  constructor(fd: number, owner: DescriptorOutput) {
    this.#fd = fd;
    this.#owner = owner;
  }

  /** Whether something is under way; `outputDrained` or `outputFailed` follows. */
  get busy(): boolean {
    return this.#state === "busy";
  }

  /** How much is under way at most. */
  get pendingBytes(): number {
    return this.busy ? this.#pendingBytes : 0;
  }

  /** Returns how many bytes were taken, 0 when none now, -1 when never again. */
  write(data: Uint8Array, offset: number, length: number): number {
    if (this.#state === "busy") return 0;
    if (this.#state !== "ready") return -1;
    let taken = 0;
    while (taken < length && this.#state === "ready") {
      const start = offset + taken;
      const piece = Math.min(length - taken, MAX_TAKEN_BYTES);
      this.#writePiece(data.subarray(start, start + piece));
      taken += piece;
    }
    return taken;
  }

  /** Writes no more; what is under way still leaves, as long as the process lives. */
  end(): void {
    const hadSink = this.#sink;
    this.#state = "ended";
    this.#sink = null;
    if (hadSink === null) return;
    const ended: unknown = hadSink.end();
    if (ended instanceof Promise) ended.catch(this.#failed);
    hadSink.unref();
  }

  #writePiece(piece: Uint8Array): void {
    this.#pendingBytes = piece.length;
    this.#sink ??= Bun.file(this.#fd).writer();
    try {
      // A failure is told by the one or by the other, and always later.
      const outcomes = [this.#sink.write(piece), this.#sink.flush()];
      if (!outcomes.some((outcome) => (outcome as unknown) instanceof Promise)) return;
      this.#state = "busy";
      Promise.all(outcomes).then(this.#drained, this.#failed);
    } catch (error) {
      this.#state = "busy";
      Promise.reject(error).catch(this.#failed);
    }
  }

  #leftOff(): void {
    if (this.#state !== "busy") return;
    this.#state = "ready";
    this.#owner.outputDrained();
  }

  #fail(error: unknown): void {
    if (this.#state === "failed" || this.#state === "ended") return;
    this.#state = "failed";
    this.#owner.outputFailed(error instanceof Error ? error : new Error(String(error)));
  }
}
