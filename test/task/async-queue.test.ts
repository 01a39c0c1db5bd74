import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AsyncQueue } from "../../src/task/async-queue.ts";
import { QueueClosed, QueueOverflow, QueueUnderflow } from "../../src/task/queue-error.ts";
import { type QueueOp, QueueScript } from "./queue-script.ts";
import { settled } from "./settled.ts";

describe("AsyncQueue", () => {
  test("holds maxSize items and refuses one more", () => {
    const queue = new AsyncQueue<number>({ maxSize: 2 });
    queue.put(1);
    queue.put(2);
    expect(() => queue.put(3)).toThrow(QueueOverflow);
    expect(queue.size).toBe(2);
  });

  test("lets maxBacklog wait and refuses one more", async () => {
    const queue = new AsyncQueue<number>({ maxBacklog: 1 });
    const first = queue.get();
    await expect(queue.get()).rejects.toThrow(QueueUnderflow);
    queue.put(1);
    expect(await first).toBe(1);
  });

  test("is bounded unless told", () => {
    const queue = new AsyncQueue<number>();
    for (let item = 0; item < 65_536; item++) queue.put(item);
    expect(() => queue.put(65_536)).toThrow(QueueOverflow);
  });

  test("an item that a cancelled getter waited for goes to the next one", async () => {
    const queue = new AsyncQueue<number>();
    const controller = new AbortController();
    const cancelled = queue.get(controller);
    const next = queue.get();
    controller.abort("changed my mind");
    await expect(cancelled).rejects.toBe("changed my mind");
    queue.put(1);
    expect(await next).toBe(1);
  });

  test("an item that was handed over stays with its getter when the signal follows", async () => {
    const queue = new AsyncQueue<number>();
    const controller = new AbortController();
    const got = queue.get(controller);
    queue.put(1);
    controller.abort();
    expect(await got).toBe(1);
    expect(queue.size).toBe(0);
    expect(queue.waiting).toBe(0);
  });

  test("a getter with a signal that is aborted already takes nothing", async () => {
    const queue = new AsyncQueue<number>();
    queue.put(1);
    await expect(queue.get({ signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(queue.size).toBe(1);
  });

  test("items put before close are still got, then getters are refused", async () => {
    const queue = new AsyncQueue<number>();
    queue.put(1);
    queue.close();
    expect(() => queue.put(2)).toThrow(QueueClosed);
    expect(await queue.get()).toBe(1);
    await expect(queue.get()).rejects.toThrow(QueueClosed);
  });

  test("close sends everybody away who waits", async () => {
    const queue = new AsyncQueue<number>();
    const getters = [queue.get(), queue.get()];
    queue.close();
    const outcomes = await Promise.allSettled(getters);
    const reason = expect.any(QueueClosed);
    expect(outcomes).toEqual([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);
    expect(queue.waiting).toBe(0);
  });

  test("close with an error gives getters that error, whatever closes it again", async () => {
    const queue = new AsyncQueue<number>();
    queue.close(new Error("the line is down"));
    queue.close();
    expect(queue.closed).toBe(true);
    await expect(queue.get()).rejects.toThrow("the line is down");
  });

  test("for await yields the items in order and ends with close", async () => {
    const queue = new AsyncQueue<number>();
    const got: number[] = [];
    const reading = (async () => {
      for await (const item of queue) got.push(item);
    })();
    queue.put(1);
    await settled();
    queue.put(2);
    queue.put(3);
    queue.close();
    await reading;
    expect(got).toEqual([1, 2, 3]);
  });

  test("for await throws the error that the queue was closed with, after its items", async () => {
    const queue = new AsyncQueue<number>();
    const got: number[] = [];
    queue.put(1);
    queue.close(new Error("the line is down"));
    const reading = (async () => {
      for await (const item of queue) got.push(item);
    })();
    await expect(reading).rejects.toThrow("the line is down");
    await settled();
    expect(got).toEqual([1]);
  });

  test("leaving for await early leaves the other items in the queue", async () => {
    const queue = new AsyncQueue<number>();
    queue.put(1);
    queue.put(2);
    for await (const item of queue) {
      expect(item).toBe(1);
      break;
    }
    expect(await queue.get()).toBe(2);
  });

  test.each([-1, Number.NaN])("a limit of %p is refused", (limit) => {
    expect(() => new AsyncQueue({ maxSize: limit })).toThrow(RangeError);
    expect(() => new AsyncQueue({ maxBacklog: limit })).toThrow(RangeError);
  });
});

describe("AsyncQueue, whatever is done to it", () => {
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.constant("put" as const) },
    { weight: 5, arbitrary: fc.constant("get" as const) },
    { weight: 3, arbitrary: fc.nat(5) },
  );

  test("the n-th getter that stays gets the n-th item that fits, in that order", async () => {
    const limit = fc.nat(8);
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 60, size: "max" }),
        limit,
        async (operations, max) => {
          const script = new QueueScript(new AsyncQueue({ maxSize: max, maxBacklog: max }));
          const model = new ModelQueue(max);
          for (const [index, what] of operations.entries()) {
            const op = numbered(what, index);
            script.perform(op);
            model.perform(op);
          }
          await settled();
          const got = script.events.filter(([, what]) => typeof what === "number");
          expect(got).toEqual(model.got);
          const refused = script.events.filter(([, what]) => String(what).startsWith("throws:"));
          expect(refused.length).toBe(model.refused);
          expect(script.events.length).toBe(got.length + refused.length + model.cancelled);
        },
      ),
    );
  });

  test("taking from a long queue keeps its order", async () => {
    const queue = new AsyncQueue<number>({ maxSize: 10_000 });
    let put = 0;
    for (let got = 0; got < 20_000; got++) {
      while (queue.size < 10_000 && put < 2 * got + 10) queue.put(put++);
      expect(await queue.get()).toBe(got);
    }
  });
});

/** The operation as a script takes it; a number cancels the getter of so many operations ago. */
function numbered(what: "put" | "get" | number, index: number): QueueOp {
  if (what === "put") return ["put", index];
  if (what === "get") return ["get", `g${index}`];
  return ["cancel", `g${index - what}`];
}

/** What a queue should do, in plain arrays. */
class ModelQueue {
  readonly got: [string, number][] = [];
  cancelled = 0;
  refused = 0;
  readonly #items: number[] = [];
  #getters: string[] = [];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  perform(op: QueueOp): void {
    if (op[0] === "put") this.#put(op[1]);
    else if (op[0] === "get") this.#get(op[1]);
    else if (this.#getters.includes(op[1])) {
      this.#getters = this.#getters.filter((name) => name !== op[1]);
      this.cancelled++;
    }
  }

  #put(item: number): void {
    const getter = this.#getters.shift();
    if (getter !== undefined) this.got.push([getter, item]);
    else if (this.#items.length < this.#max) this.#items.push(item);
    else this.refused++;
  }

  #get(name: string): void {
    const item = this.#items.shift();
    if (item !== undefined) this.got.push([name, item]);
    else if (this.#getters.length < this.#max) this.#getters.push(name);
    else this.refused++;
  }
}
