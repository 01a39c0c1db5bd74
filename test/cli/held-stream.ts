import type { OutputStream } from "../../src/cli/standard-output.ts";

/** A stream that takes what is written when the test says so. */
export class HeldStream implements OutputStream {
  written = "";
  writable = true;
  readonly #listeners = new Map<string, (error: Error) => void>();
  #done: ((error?: Error | null) => void)[] = [];

  write(data: Uint8Array | string, done: (error?: Error | null) => void): boolean {
    this.written += data.toString();
    this.#done.push(done);
    return this.writable;
  }

  on(event: string, listener: (error: Error) => void): void {
    this.#listeners.set(event, listener);
  }

  emit(event: "drain" | "error", error = new Error("broken")): void {
    this.#listeners.get(event)?.(error);
  }

  /** Everything that was written has left, or failed. */
  settle(error?: Error): void {
    const done = this.#done;
    this.#done = [];
    for (const each of done) each(error ?? null);
  }
}
