import { describe, expect, test } from "bun:test";
import { type OutputStream, StandardOutput } from "../../src/cli/standard-output.ts";

/** A stream that takes what is written when the test says so. */
class HeldStream implements OutputStream {
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

function refuse(error: Error): void {
  throw error;
}

describe("StandardOutput", () => {
  test("counts what waits until it has left", () => {
    const stream = new HeldStream();
    const output = new StandardOutput(stream, refuse);
    output.write("äb");
    output.write(Buffer.alloc(10));
    expect(output.waitingBytes).toBe(13);
    stream.settle();
    expect(output.waitingBytes).toBe(0);
  });

  test("says when its writer should wait, and tells it when to go on", () => {
    const stream = new HeldStream();
    const output = new StandardOutput(stream, refuse);
    let drained = 0;
    output.listen({ outputDrained: () => drained++ });
    expect(output.write("a")).toBe(true);
    stream.writable = false;
    expect(output.write("b")).toBe(false);
    stream.emit("drain");
    expect(drained).toBe(1);
  });

  test("is flushed at once when nothing waits", async () => {
    const output = new StandardOutput(new HeldStream(), refuse);
    output.write("");
    expect(await output.flushed()).toBeUndefined();
  });

  test("is flushed once the last byte has left", async () => {
    const stream = new HeldStream();
    const output = new StandardOutput(stream, refuse);
    output.write("a");
    let flushed = false;
    const flushing = output.flushed().then(() => {
      flushed = true;
    });
    await Promise.resolve();
    expect(flushed).toBe(false);
    stream.settle();
    await flushing;
  });

  test("reports that it is broken", () => {
    const stream = new HeldStream();
    const errors: Error[] = [];
    const output = new StandardOutput(stream, (error) => errors.push(error));
    output.write("a");
    const error = new Error("EPIPE");
    stream.settle(error);
    stream.emit("error", error);
    expect(errors).toEqual([error]);
    expect(output.waitingBytes).toBe(1);
  });
});
