import { describe, expect, test } from "bun:test";
import type { Clock } from "../../src/reactor/clock.ts";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { ConnectionRefusedError, TimeoutError } from "../../src/reactor/connect-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { FaultKind } from "../../src/testing/fault-kind.ts";
import { simulate } from "../../src/testing/simulate.ts";
import { SPEECH, speak, Speaker } from "./conversation.ts";
import { firstRunWith } from "./first-run-with.ts";
import { HOST } from "./target.ts";

/** What a client saw of a conversation with one fault. */
interface Seen {
  readonly chunks: readonly string[];
  readonly times: readonly number[];
  readonly received: string;
  readonly reason: CloseReason | null;
  readonly connectedAtMs: number;
  readonly error: unknown;
}

/** The first conversation in which `fault` takes effect, as its client saw it. */
function conversationWith(fault: FaultKind): Seen {
  let speaker: Speaker | null = null;
  let connectedAtMs = 0;
  let error: unknown = null;
  firstRunWith(fault, async (network) => {
    speaker = null;
    error = null;
    try {
      speaker = await speak(network);
      connectedAtMs = network.now();
    } catch (thrown) {
      error = thrown;
    }
  });
  const {
    chunks = [],
    times = [],
    received = "",
    reason = null,
  } = (speaker as Speaker | null) ?? {};
  return { chunks, times, received, reason, connectedAtMs, error };
}

describe("SimulatedNetwork: a stream", () => {
  test("is whole, at once and in one piece when nothing happens to it", () => {
    let speaker: Speaker | undefined;
    const { durationMs, decisions } = simulate(
      1,
      async (network) => {
        speaker = await speak(network);
      },
      { faults: [] },
    );
    expect(speaker?.chunks).toEqual([SPEECH]);
    expect(speaker?.reason).toEqual({ kind: "done" });
    expect(speaker?.times).toEqual([100]);
    expect([durationMs, decisions]).toEqual([100, []]);
  });

  test("latency: even connecting takes time, and the answer comes whole", () => {
    const { connectedAtMs, times, received } = conversationWith("latency");
    expect(connectedAtMs).toBeGreaterThan(0);
    expect(times[0]).toBeGreaterThan(connectedAtMs + 100);
    expect(received).toBe(SPEECH);
  });

  test("delay: what was sent comes later than it could", () => {
    const { connectedAtMs, times, received } = conversationWith("delay");
    expect(times[0]).toBeGreaterThan(connectedAtMs + 100);
    expect(received).toBe(SPEECH);
  });

  test("cut: it arrives in pieces, in order, at different times", () => {
    const { chunks, times, received } = conversationWith("cut");
    expect(chunks.length).toBeGreaterThan(1);
    expect(new Set(times).size).toBe(chunks.length);
    expect(received).toBe(SPEECH);
  });

  for (const fault of ["short-write", "small-buffer", "stopped-reader"] as const) {
    test(`${fault}: it takes longer, and nothing is lost`, () => {
      const { times, received, reason } = conversationWith(fault);
      expect(times.at(-1)).toBeGreaterThan(100);
      expect(received).toBe(SPEECH);
      expect(reason).toEqual({ kind: "done" });
    });
  }

  test("cut and small-buffer: a long stream costs events as the logarithm of its length", () => {
    const speech = "x".repeat(200_000);
    for (let seed = 0; seed < 40; seed++) {
      const { steps } = simulate(seed, async (network) => void (await speak(network, speech)), {
        faults: ["cut", "small-buffer"],
      });
      expect(steps).toBeLessThan(20_000);
    }
  });

  test("partition: it waits for the end of it, and nothing is lost", () => {
    const { times, received } = conversationWith("partition");
    expect(times.at(-1)).toBeGreaterThan(100);
    expect(received).toBe(SPEECH);
  });

  test("reset: what comes before it arrives, and the client hears of it", () => {
    const { received, reason } = conversationWith("reset");
    expect(SPEECH.startsWith(received)).toBe(true);
    expect(reason).toMatchObject({ kind: "lost", cause: { code: "ECONNRESET" } });
  });

  test("late-reset: also a connection on which nothing happens is reset", () => {
    const { received, reason } = conversationWith("late-reset");
    expect(received).toBe("");
    expect(reason).toMatchObject({ kind: "lost", cause: { code: "ECONNRESET" } });
  });

  test("half-close: the stream ends before its end, as if that were right", () => {
    const { received, reason } = conversationWith("half-close");
    expect(received.length).toBeLessThan(SPEECH.length);
    expect(SPEECH.startsWith(received)).toBe(true);
    expect(reason?.kind).toBe("done");
  });

  for (const fault of ["reset", "half-close"] as const) {
    test(`${fault}: it comes behind any number of bytes, or before all`, () => {
      const places = new Set<number>();
      for (let seed = 0; seed < 3_000; seed++) {
        const { decisions } = simulate(seed, async (network) => void (await speak(network)), {
          faults: [fault],
        });
        for (const { key, meaning } of decisions) {
          expect(key).toEndWith(fault);
          places.add(Number(/after byte (\d+)/.exec(meaning)?.[1]));
        }
      }
      for (let byte = 0; byte <= 7; byte++) expect(places).toContain(byte);
    });
  }

  test("half-close: nobody says then that all ended well", () => {
    const endings: boolean[] = [];
    firstRunWith("half-close", async (network) => {
      network.atEnd(() => endings.push(network.endedWell));
      await speak(network);
    });
    expect(endings.at(-1)).toBe(false);
  });

  test("black-hole: nothing arrives any more, and only timeouts end the connection", () => {
    const { received, reason } = conversationWith("black-hole");
    expect(received).toBe("");
    expect(reason).toEqual({ kind: "aborted" });
  });

  test("refused: the connect is refused", () => {
    expect(conversationWith("refused").error).toBeInstanceOf(ConnectionRefusedError);
  });

  test("unanswered: the connect is given up in the end", () => {
    expect(conversationWith("unanswered").error).toBeInstanceOf(TimeoutError);
  });
});

/** Answers, and keeps in which order it heard of data, of room to write and of a timer. */
class Yielding extends Protocol {
  readonly order: string[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  override dataReceived(data: Buffer): void {
    this.order.push("data");
    this.transport.write(data);
  }

  override pauseWriting(): void {}

  override resumeWriting(): void {
    this.order.push("room");
    this.#clock.callLater(0, () => this.order.push("timer"));
  }
}

test("SimulatedNetwork: data may come with room to write, before any timer", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    simulate(
      seed,
      async (network) => {
        const server = new Yielding(network);
        network.atEnd(() => seen.add(server.order.join(" ")));
        const writeLimits = { low: 0, high: 8, max: 65_536 };
        await network.listenTCP({ host: HOST, port: 7, writeLimits }, new Factory(() => server));
        await network.connectTCP({ host: HOST, port: 7 }, new Factory(() => new Speaker(network)));
      },
      { faults: ["cut", "small-buffer", "short-write", "latency"] },
    );
  }
  for (const order of ["room data timer", "room timer data"]) {
    expect([order, [...seen].some((each) => each.includes(order))]).toEqual([order, true]);
  }
});
