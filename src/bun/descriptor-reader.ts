/** Whoever gets what a `DescriptorReader` reads. */
export interface DescriptorInput {
  inputReceived(data: Buffer): void;
  /** There is no more. Called once, last, unless `inputFailed` is. */
  inputEnded(): void;
  inputFailed(error: Error): void;
}

/** What one read gave. */
interface ReadResult {
  readonly done: boolean;
  readonly value?: Uint8Array | undefined;
}

/** Reads a descriptor of any kind without blocking, one chunk at a time and none while paused. */
export class DescriptorReader {
  readonly #fd: number;
  readonly #owner: DescriptorInput;
  #reader: { read(): Promise<ReadResult>; cancel(): Promise<void> } | null = null;
  #state: "idle" | "reading" | "ended" = "idle";
  #paused = false;
  /** What had been asked for when the pause came. */
  #kept: ReadResult | null = null;

  constructor(fd: number, owner: DescriptorInput) {
    this.#fd = fd;
    this.#owner = owner;
  }

  /** Begins to read; the owner is never called inside this. */
  start(): void {
    this.#reader = Bun.file(this.#fd).stream().getReader();
    void this.#readOn();
  }

  pause(): void {
    this.#paused = true;
  }

  /** The owner is not called inside this either. */
  resume(): void {
    this.#paused = false;
    setImmediate(() => void this.#readOn());
  }

  /** Reads no more; the owner hears nothing more. Resolves when the descriptor is not used now. */
  async end(): Promise<void> {
    this.#state = "ended";
    this.#kept = null;
    // What cannot even be cancelled is not being read.
    await this.#reader?.cancel().catch(() => undefined);
  }

  async #readOn(): Promise<void> {
    const reader = this.#reader;
    if (reader === null || this.#state !== "idle") return;
    this.#state = "reading";
    try {
      while (!this.#paused && this.#isReading) {
        const result = this.#kept ?? (await reader.read());
        this.#kept = null;
        if (!this.#isReading) return;
        if (this.#paused) this.#kept = result;
        else this.#report(result);
      }
      if (this.#isReading) this.#state = "idle";
    } catch (error) {
      if (!this.#isReading) return;
      this.#state = "ended";
      this.#owner.inputFailed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Asked anew after each await and each call of the owner, either of which may end it. */
  get #isReading(): boolean {
    return this.#state === "reading";
  }

  #report({ done, value }: ReadResult): void {
    if (done) {
      this.#state = "ended";
      this.#owner.inputEnded();
    } else if (value !== undefined && value.length > 0) {
      this.#owner.inputReceived(Buffer.from(value.buffer, value.byteOffset, value.length));
    }
  }
}
