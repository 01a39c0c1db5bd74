import { describe, expect, test } from "bun:test";
import { EndWatch } from "../../src/policies/end-watch.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";

/** Settles each question for `drained` when a test says so. */
class AskedTransport extends MemoryTransport {
  readonly questions: PromiseWithResolvers<void>[] = [];

  override drained(): Promise<void> {
    const question = Promise.withResolvers<void>();
    this.questions.push(question);
    return question.promise;
  }
}

function watching() {
  const clock = new ManualClock();
  const transport = new AskedTransport();
  const owner = {
    holding: true,
    told: 0,
    peerHasGone() {
      this.told++;
    },
  };
  const watch = new EndWatch(clock, owner);
  watch.start(transport);
  return { clock, transport, owner, watch };
}

describe("EndWatch", () => {
  test("asks once a second, and tells of the end once", async () => {
    const { clock, transport, owner } = watching();
    for (let second = 1; second <= 3; second++) {
      clock.advance(1_000);
      expect(transport.questions).toHaveLength(second);
      transport.questions.at(-1)?.resolve();
      await Promise.resolve();
    }
    clock.advance(1_000);
    transport.questions.at(-1)?.reject(new Error("the connection has ended"));
    await Promise.resolve();
    expect(owner.told).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test("does not ask again while the answer is still to come", async () => {
    const { clock, transport, owner } = watching();
    clock.advance(100_000);
    expect(transport.questions).toHaveLength(1);
    transport.questions[0]?.reject(new Error("the connection has ended"));
    await Promise.resolve();
    expect(owner.told).toBe(1);
  });

  test("leaves no timed call behind once nothing is held", () => {
    const { clock, transport, owner } = watching();
    owner.holding = false;
    clock.advance(1_000);
    expect(transport.questions).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  test("tells nothing after it was stopped", async () => {
    const { clock, transport, owner, watch } = watching();
    clock.advance(1_000);
    watch.stop();
    transport.questions[0]?.reject(new Error("the connection has ended"));
    await Promise.resolve();
    expect(owner.told).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
