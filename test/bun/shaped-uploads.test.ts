import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { withShaping } from "../../src/policies/with-shaping.ts";
import { withTimeout } from "../../src/policies/with-timeout.ts";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { Occurrences } from "../occurrences.ts";
import { fairnessOf } from "../policies/fairness.ts";
import { RawPeer } from "../raw-peer.ts";

const UPLOADERS = 30;

/** Counts what comes. */
class Counter extends Protocol {
  bytes = 0;
  reason: CloseReason | null = null;
  readonly #occurrences: Occurrences;

  constructor(occurrences: Occurrences) {
    super();
    this.#occurrences = occurrences;
  }

  override dataReceived(data: Buffer): void {
    this.bytes += data.length;
    this.#occurrences.happened();
  }

  override connectionLost(reason: CloseReason): void {
    this.reason = reason;
    this.#occurrences.happened();
  }
}

/** A server that shapes, and what it has counted. */
async function shapedServer(policy: { readonly read?: number; readonly totalRead?: number }) {
  const reactor = new BunReactor({ logger: new MemoryLogger() });
  const occurrences = new Occurrences();
  const counters: Counter[] = [];
  const factory = new Factory(() => {
    const counter = new Counter(occurrences);
    counters.push(counter);
    return counter;
  });
  const rate = (bytesPerSecond = Number.POSITIVE_INFINITY) => ({ bytesPerSecond });
  const shaped = withShaping(factory, {
    clock: reactor,
    read: rate(policy.read),
    totalRead: rate(policy.totalRead),
  });
  const timed = withTimeout(shaped, { clock: reactor, lifetimeMs: 60_000 });
  return { counters, occurrences, port: await reactor.listenTCP({}, timed) };
}

/** Sends so much; that is cut short when the test ends first. */
function upload(peer: RawPeer, byteCount: number): void {
  peer.send(Buffer.alloc(byteCount)).catch(() => undefined);
}

describe("withShaping over sockets", () => {
  test(`${UPLOADERS} who upload at once under one rate get the same`, async () => {
    const { counters, occurrences, port } = await shapedServer({ totalRead: 20_000_000 });
    await using _port = port;
    using peers = new DisposableStack();
    const uploaders = [];
    for (let count = 0; count < UPLOADERS; count++) {
      uploaders.push(peers.use(await RawPeer.connect({ port: port.host.port })));
    }
    for (const peer of uploaders) upload(peer, 2_000_000);
    const total = () => counters.reduce((sum, { bytes }) => sum + bytes, 0);
    await occurrences.until("24 MB to come", () => total() >= 24_000_000);
    expect(fairnessOf(counters.map(({ bytes }) => bytes))).toBeGreaterThan(0.95);
    expect(counters.filter(({ reason }) => reason !== null)).toEqual([]);
  });

  test("a peer that resets what is read at a crawl is noticed soon, with all it had sent", async () => {
    const { counters, occurrences, port } = await shapedServer({ read: 1_000 });
    await using _port = port;
    using peer = await RawPeer.connect({ port: port.host.port });
    await peer.send(Buffer.alloc(100_000));
    await occurrences.until("the first piece", () => (counters[0]?.bytes ?? 0) > 0);
    peer.sendRST();
    await occurrences.until("the end", () => counters[0]?.reason !== null);
    expect(counters[0]?.bytes).toBe(100_000);
    expect(counters[0]?.reason?.kind).toBe("lost");
  });
});
