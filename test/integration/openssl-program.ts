/** The `openssl` command as a peer: what is written to it, and what it has printed. */
export class OpenSSLProgram implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  #printed = "";
  readonly #readers: Promise<void>[];
  #waiting: (() => void)[] = [];

  /** Where it is installed, or null. */
  static readonly path = Bun.which("openssl");

  constructor(...args: string[]) {
    this.#child = Bun.spawn(["openssl", ...args], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#readers = [this.#read(this.#child.stdout), this.#read(this.#child.stderr)];
  }

  /** All it has printed, to standard output and to standard error. */
  get printed(): string {
    return this.#printed;
  }

  write(text: string): void {
    this.#child.stdin.write(text);
    this.#child.stdin.flush();
  }

  /** Ends its input, and waits for it to end. Resolves with all it has printed. */
  async finished(): Promise<string> {
    this.#child.stdin.end();
    await this.#child.exited;
    await Promise.all(this.#readers);
    return this.#printed;
  }

  /** Resolves with the match once it has printed what `pattern` matches. */
  async prints(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.#printed.match(pattern);
      if (match !== null) return match;
      if (this.#child.exitCode !== null) {
        throw new Error(`openssl ended without printing ${pattern}:\n${this.#printed}`);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#child.exited;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#printed += decoder.decode(chunk, { stream: true });
      this.#wake();
    }
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
