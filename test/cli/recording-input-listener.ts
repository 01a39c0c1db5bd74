import type { InputListener } from "../../src/cli/standard-input.ts";
import { Occurrences } from "../occurrences.ts";

/** Keeps what it gets of an input. */
export class RecordingInputListener implements InputListener {
  readonly #occurrences = new Occurrences();
  readonly #chunks: Uint8Array[] = [];
  state: "reading" | "ended" | "failed" = "reading";
  error: Error | null = null;

  /** All that has come, as text. */
  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  inputReceived(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#occurrences.happened();
  }

  inputEnded(): void {
    this.state = "ended";
    this.#occurrences.over("the input has ended");
  }

  inputFailed(error: Error): void {
    this.state = "failed";
    this.error = error;
    this.#occurrences.over("the input has failed");
  }

  /** Resolves once `text` is all that has come. */
  async receives(text: string): Promise<void> {
    await this.#occurrences.until(`"${text}"`, () => this.text === text);
  }

  /** Resolves once no more can come. */
  async end(): Promise<void> {
    await this.#occurrences.until("the end", () => this.state !== "reading");
  }
}
