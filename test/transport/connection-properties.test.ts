import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { noAction, RecordingProtocol } from "./recording-protocol.ts";

const VERBS = [
  "write",
  "loseConnection",
  "loseWriteConnection",
  "abortConnection",
  "pauseProducing",
  "resumeProducing",
  "nothing",
] as const;

type Verb = (typeof VERBS)[number];

interface Side {
  /** Whether it has `readConnectionLost`. */
  readonly isAware: boolean;
  readonly writeMode: "buffered" | "immediate";
  /** What it does inside its callbacks, one verb for each call. */
  readonly reactions: readonly Verb[];
}

type Step =
  | { readonly kind: "verb"; readonly who: 0 | 1; readonly verb: Verb }
  | { readonly kind: "pump" }
  | { readonly kind: "advance"; readonly ms: number };

/** One end of a conversation: keeps account of what it was allowed to write, and how it ended. */
class Talker {
  readonly protocol: RecordingProtocol;
  readonly written: Buffer[] = [];
  /** Whether it did something that may lose what the other side writes. */
  stoppedListening = false;
  readonly #reactions: Verb[];
  #counter = 0;

  constructor({ isAware, reactions }: Side) {
    this.#reactions = [...reactions];
    const react = () => this.perform(this.#reactions.shift() ?? "nothing");
    this.protocol = new RecordingProtocol({
      connectionMade: react,
      dataReceived: react,
      connectionLost: react,
      ...(isAware ? { readConnectionLost: react, writeConnectionLost: noAction } : {}),
    });
  }

  perform(verb: Verb): void {
    const { protocol } = this;
    const { connection } = protocol;
    if (verb === "nothing") return;
    if (verb !== "write") {
      if (verb === "loseConnection" || verb === "abortConnection") this.stoppedListening = true;
      protocol.calling(() => connection[verb]());
      return;
    }
    const chunk = Buffer.alloc(1 + ((this.#counter * 37) % 90), this.#counter++ % 256);
    const before = connection.bufferedAmount + connection.stats.bytesSent;
    protocol.calling(() => connection.write(chunk));
    const after = connection.bufferedAmount + connection.stats.bytesSent;
    if (after > before) this.written.push(chunk);
  }

  /** From now on does nothing inside its callbacks, and reads all that comes. */
  calmDown(): void {
    this.#reactions.length = 0;
    this.protocol.connection.resumeProducing();
  }

  get writtenBytes(): Buffer {
    return Buffer.concat(this.written);
  }
}

const side = fc.record({
  isAware: fc.boolean(),
  writeMode: fc.constantFrom("buffered" as const, "immediate" as const),
  reactions: fc.array(fc.constantFrom(...VERBS), { maxLength: 8 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("verb" as const),
      who: fc.constantFrom(0 as const, 1 as const),
      verb: fc.constantFrom(...VERBS),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: "pump" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      ms: fc.integer({ min: 0, max: 3000 }),
    }),
  },
);

/** Lets the conversation run, and then makes it end. */
function converse(sides: readonly [Side, Side], steps: readonly Step[], bufferBytes: number) {
  const talkers = [new Talker(sides[0]), new Talker(sides[1])] as const;
  const logger = new MemoryLogger();
  const pair = connectedPair(talkers[0].protocol, talkers[1].protocol, {
    bufferBytes,
    maxChunkBytes: 64,
    logger,
    writeMode: sides[0].writeMode,
    writeLimits: { low: 50, high: 200, max: 100_000 },
  });
  for (const each of steps) {
    if (each.kind === "verb") talkers[each.who].perform(each.verb);
    else if (each.kind === "pump") pair.pump();
    else pair.clock.advance(each.ms);
  }
  pair.flush();
  for (const talker of talkers) talker.calmDown();
  pair.flush();
  for (const talker of talkers) talker.protocol.connection.loseConnection();
  pair.clock.advance(20_000);
  return { talkers, pair, logger };
}

describe("StreamConnection: whatever two protocols do", () => {
  test("each hears of the beginning and the end once, and nothing is disordered", () => {
    fc.assert(
      fc.property(
        fc.tuple(side, side),
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 300 }),
        (sides, steps, bufferBytes) => {
          const { talkers, pair, logger } = converse(sides, steps, bufferBytes);
          expect(logger.reports).toEqual([]);
          for (const [talker, peer] of [talkers, talkers.toReversed()] as Talker[][]) {
            if (talker === undefined || peer === undefined) throw new Error("Nobody talks");
            const { events, received, reason, calledInside } = talker.protocol;
            expect(events.filter((event) => event === "connectionMade").length).toBe(1);
            expect(events.filter((event) => event === "connectionLost").length).toBe(1);
            expect([events[0], events.at(-1)]).toEqual(["connectionMade", "connectionLost"]);
            expect(calledInside).toEqual([]);
            const sent = peer.writtenBytes;
            expect(received.equals(sent.subarray(0, received.length))).toBe(true);
            const isComplete = peer.protocol.reason?.kind === "done" && reason?.kind === "done";
            if (isComplete && !talker.stoppedListening) expect(received.equals(sent)).toBe(true);
          }
          expect(pair.clock.pending).toBe(0);
          expect(pair.pump()).toBe(0);
        },
      ),
      { numRuns: 400 },
    );
  });
});
