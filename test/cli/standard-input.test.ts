import { describe, expect, test } from "bun:test";
import { StandardInput } from "../../src/cli/standard-input.ts";
import { RecordingInputListener } from "./recording-input-listener.ts";
import { TypedInput } from "./typed-input.ts";

/** Lets everything go on that waits for nothing but its turn. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

describe("StandardInput", () => {
  test("hands over chunks in order and then the end", async () => {
    const typed = new TypedInput();
    const listener = new RecordingInputListener();
    typed.input.start(listener);
    typed.type("one ");
    typed.type("two");
    typed.end();
    await listener.end();
    expect(listener.text).toBe("one two");
    expect(listener.state).toBe("ended");
  });

  test("is silent while paused and loses nothing", async () => {
    const typed = new TypedInput();
    const listener = new RecordingInputListener();
    typed.input.start(listener);
    typed.type("a");
    await listener.receives("a");
    typed.input.pause();
    typed.type("b");
    typed.end();
    await settle();
    expect(listener.text).toBe("a");
    typed.input.resume();
    await listener.end();
    expect(listener.text).toBe("ab");
  });

  test("calls nobody after it was stopped", async () => {
    const typed = new TypedInput();
    const listener = new RecordingInputListener();
    typed.input.start(listener);
    typed.input.stop();
    typed.type("a");
    typed.end();
    await settle();
    expect(listener.text).toBe("");
    expect(listener.state).toBe("reading");
  });

  test("an input that breaks is reported", async () => {
    const typed = new TypedInput();
    const listener = new RecordingInputListener();
    typed.input.start(listener);
    typed.fail(new Error("EIO"));
    await listener.end();
    expect(listener.error?.message).toBe("EIO");
  });

  test("an input that cannot be opened is reported, and not thrown", async () => {
    const listener = new RecordingInputListener();
    const input = new StandardInput(() => {
      throw new Error("EISDIR");
    });
    input.start(listener);
    await listener.end();
    expect(listener.error?.message).toBe("EISDIR");
  });

  test("has one listener", () => {
    const typed = new TypedInput();
    typed.input.start(new RecordingInputListener());
    expect(() => typed.input.start(new RecordingInputListener())).toThrow(
      "Cannot read an input that is reading",
    );
  });
});
