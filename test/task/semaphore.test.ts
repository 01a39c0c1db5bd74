import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { QueueOverflow } from "../../src/task/queue-error.ts";
import { Semaphore } from "../../src/task/semaphore.ts";
import { SemaphoreScript } from "./semaphore-script.ts";
import { settled } from "./settled.ts";

describe("Semaphore", () => {
  test("lets as many in at once as it has permits", async () => {
    const semaphore = new Semaphore(2);
    await semaphore.acquire();
    await semaphore.acquire();
    expect(semaphore.available).toBe(0);
    expect(semaphore.tryAcquire()).toBeNull();
    void semaphore.acquire();
    expect(semaphore.waiting).toBe(1);
  });

  test("a permit that is released goes to who waits, not to who asks just then", async () => {
    const semaphore = new Semaphore(1);
    const permit = await semaphore.acquire();
    const waiting = semaphore.acquire();
    permit.release();
    expect(semaphore.tryAcquire()).toBeNull();
    (await waiting).release();
    expect(semaphore.available).toBe(1);
  });

  test("releasing a permit twice throws, and frees nothing more", async () => {
    const semaphore = new Semaphore(1);
    const permit = await semaphore.acquire();
    permit.release();
    expect(() => permit.release()).toThrow("Cannot release a permit that was released");
    expect(semaphore.available).toBe(1);
  });

  test("using releases at the end of the block, unless that was done", async () => {
    const semaphore = new Semaphore(2);
    {
      using first = await semaphore.acquire();
      using _second = await semaphore.acquire();
      expect(semaphore.available).toBe(0);
      first.release();
    }
    expect(semaphore.available).toBe(2);
  });

  test("await using releases at the end of the block", async () => {
    const semaphore = new Semaphore(1);
    {
      await using _permit = await semaphore.acquire();
      expect(semaphore.available).toBe(0);
    }
    expect(semaphore.available).toBe(1);
  });

  test("run holds the permit until the promise is done, and passes its value on", async () => {
    const semaphore = new Semaphore(1);
    const work = Promise.withResolvers<string>();
    const run = semaphore.run(() => work.promise);
    await settled();
    expect(semaphore.available).toBe(0);
    work.resolve("done");
    expect(await run).toBe("done");
    expect(semaphore.available).toBe(1);
  });

  test("run releases the permit when the call throws or rejects", async () => {
    const semaphore = new Semaphore(1);
    const thrown = new Error("thrown");
    const rejected = new Error("rejected");
    const outcomes = await Promise.allSettled([
      semaphore.run(() => {
        throw thrown;
      }),
      semaphore.run(() => Promise.reject(rejected)),
    ]);
    expect(outcomes).toEqual([
      { status: "rejected", reason: thrown },
      { status: "rejected", reason: rejected },
    ]);
    expect(semaphore.available).toBe(1);
  });

  test("run does not call when the signal comes first", async () => {
    const semaphore = new Semaphore(1);
    const permit = await semaphore.acquire();
    const controller = new AbortController();
    let called = false;
    const run = semaphore.run(() => (called = true), controller);
    controller.abort("no");
    await expect(run).rejects.toBe("no");
    permit.release();
    await settled();
    expect(called).toBe(false);
    expect(semaphore.available).toBe(1);
  });

  test("a signal that is aborted already takes no permit", async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.acquire({ signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(semaphore.available).toBe(1);
  });

  test("lets maxWaiting wait and refuses one more", async () => {
    const semaphore = new Semaphore(1, { maxWaiting: 1 });
    const permit = await semaphore.acquire();
    const waiting = semaphore.acquire();
    await expect(semaphore.acquire()).rejects.toThrow(QueueOverflow);
    permit.release();
    (await waiting).release();
    expect(semaphore.available).toBe(1);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "%p permits are refused",
    (permits) => {
      expect(() => new Semaphore(permits)).toThrow(RangeError);
    },
  );

  test("a maxWaiting that is no limit is refused", () => {
    expect(() => new Semaphore(1, { maxWaiting: Number.NaN })).toThrow(RangeError);
  });
});

describe("Semaphore, whatever is done to it", () => {
  const operation = fc.oneof(
    { weight: 5, arbitrary: fc.constant("acquire" as const) },
    { weight: 3, arbitrary: fc.constant("release" as const) },
    { weight: 3, arbitrary: fc.nat(5) },
  );

  test("it lets in who asked first and stayed, and never more than its permits", async () => {
    const permits = fc.integer({ min: 1, max: 3 });
    await fc.assert(
      fc.asyncProperty(
        permits,
        fc.array(operation, { maxLength: 60, size: "max" }),
        async (count, operations) => {
          const semaphore = new Semaphore(count);
          const script = new SemaphoreScript(semaphore);
          const asked: string[] = [];
          let waiting: string[] = [];
          for (const [index, what] of operations.entries()) {
            if (what === "acquire") asked.push(`a${index}`);
            const held = script.held.length;
            script.perform(
              what === "acquire"
                ? ["acquire", `a${index}`]
                : what === "release"
                  ? ["release"]
                  : ["cancel", `a${index - what}`],
            );
            await settled();
            expect(script.held.length).toBeLessThanOrEqual(count);
            expect(script.held.length + semaphore.available).toBe(count);
            if (what === "release" && held === 0) expect(semaphore.available).toBe(count);
            const gone = new Set(script.granted.map((name) => name.replace(/:.*/, "")));
            waiting = asked.filter((name) => !gone.has(name));
            expect(semaphore.waiting).toBe(waiting.length);
            if (waiting.length > 0) expect(semaphore.available).toBe(0);
          }
          const letIn = script.granted.filter((name) => !name.includes(":"));
          expect(letIn).toEqual(asked.filter((name) => letIn.includes(name)));
        },
      ),
    );
  });
});
