import { StandardInput } from "../../src/cli/standard-input.ts";

/** A standard input that a test types. */
export class TypedInput {
  readonly input: StandardInput;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor() {
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
      },
      { highWaterMark: 0 },
    );
    this.input = new StandardInput(() => stream as never);
  }

  type(text: string | Uint8Array): void {
    this.#controller?.enqueue(Buffer.from(text as Uint8Array));
  }

  /** No more will be typed. */
  end(): void {
    this.#controller?.close();
  }

  fail(error: Error): void {
    this.#controller?.error(error);
  }
}
