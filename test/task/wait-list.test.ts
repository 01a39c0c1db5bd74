import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { WaitList } from "../../src/task/wait-list.ts";
import { settled } from "./settled.ts";

describe("WaitList", () => {
  test("nobody is given the value when nobody waits", () => {
    expect(new WaitList<number>().resolveOldest(1)).toBe(false);
  });

  test("a signal that follows the value changes nothing", async () => {
    const list = new WaitList<number>();
    const controller = new AbortController();
    const waited = list.wait(controller.signal);
    const other = list.wait(undefined);
    list.resolveOldest(1);
    controller.abort();
    expect(list.length).toBe(1);
    list.resolveOldest(2);
    expect(await Promise.all([waited, other])).toEqual([1, 2]);
  });

  test("one signal sends all away that wait with it, and nobody else", async () => {
    const list = new WaitList<number>();
    const controller = new AbortController();
    const outcomes = Promise.allSettled([
      list.wait(controller.signal),
      list.wait(undefined),
      list.wait(controller.signal),
    ]);
    controller.abort("gone");
    list.resolveOldest(1);
    expect(await outcomes).toEqual([
      { status: "rejected", reason: "gone" },
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: "gone" },
    ]);
  });

  test("whoever leaves from wherever, the others stay in order", async () => {
    const step = fc.oneof(fc.constant("wait"), fc.constant("serve"), fc.nat(5));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80, size: "max" }), async (steps) => {
        const list = new WaitList<number>();
        const served: number[] = [];
        const expected: number[] = [];
        const line: { id: number; leave: () => void }[] = [];
        for (const [id, what] of steps.entries()) {
          if (what === "wait") {
            const controller = new AbortController();
            list.wait(controller.signal).then(
              () => served.push(id),
              () => undefined,
            );
            line.push({ id, leave: () => controller.abort() });
          } else if (what === "serve") {
            const next = line.shift();
            expect(list.resolveOldest(id)).toBe(next !== undefined);
            if (next !== undefined) expected.push(next.id);
          } else {
            for (const { leave } of line.splice(Number(what), 1)) leave();
          }
          expect(list.length).toBe(line.length);
        }
        await settled();
        expect(served).toEqual(expected);
        list.rejectAll("the end");
        expect(list.length).toBe(0);
      }),
    );
  });
});
