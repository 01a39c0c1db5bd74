import { describe, expect, test } from "bun:test";
import { StandardOutput } from "../../src/cli/standard-output.ts";
import { HeldStream } from "./held-stream.ts";

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
