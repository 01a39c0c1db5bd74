import { describe, expect, test } from "bun:test";
import { Mutex } from "../../src/task/mutex.ts";
import { settled } from "./settled.ts";

describe("Mutex", () => {
  test("is locked while somebody holds it", async () => {
    const mutex = new Mutex();
    expect(mutex.locked).toBe(false);
    const permit = await mutex.acquire();
    expect(mutex.locked).toBe(true);
    permit.release();
    expect(mutex.locked).toBe(false);
  });

  test("runs one call at a time, in order", async () => {
    const mutex = new Mutex();
    const events: string[] = [];
    const work = ["a", "b", "c"].map((name) =>
      mutex.run(async () => {
        events.push(`${name} begins`);
        await settled();
        events.push(`${name} ends`);
      }),
    );
    await Promise.all(work);
    expect(events).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });
});
