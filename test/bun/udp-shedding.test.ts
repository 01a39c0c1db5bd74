import { describe, expect, test } from "bun:test";
import { libcOrNull } from "../../src/native/libc.ts";
import { bindUDP } from "../../src/native/precise-socket.ts";
import { setFilter } from "../../src/native/drop-filter.ts";
import { eventually } from "../native/eventually.ts";
import { DROP_X, lockFilter } from "../native/filters.ts";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { type LiveDatagrams, openDatagrams } from "./live-datagrams.ts";
import { loopTurns } from "./loop-turns.ts";
import { RecordingDatagrams } from "./recording-datagrams.ts";

/** Fewer than the kernel holds for a socket. */
const BURST = 250;

const withoutLibc = libcOrNull() === null;

/** Keeps the processor busy, as a handler that works does. */
function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** Sends bursts, which the port takes one by one, until it has more than it keeps. */
async function overflow(live: LiveDatagrams, peer: RawDatagramPeer): Promise<number> {
  let sent = 0;
  while (live.port.stats.shed === 0) {
    for (let index = 0; index < BURST; index++) peer.send(`${sent++}`, live.port.host.port);
    // Else the next burst would find the kernel's buffer full, and be lost there.
    await loopTurns();
  }
  return sent;
}

/** No time at all: each turn delivers one datagram. */
const openSlow = (options: object = {}) =>
  openDatagrams(new RecordingDatagrams(() => work(0.01)), { receiveBudgetMs: 0, ...options });

describe("BunReactor: more datagrams than time", () => {
  test.each([0.2, 5])("a burst is delivered whole, however slow: %d ms each", async (ms) => {
    const count = ms > 1 ? 20 : BURST;
    await using live = await openDatagrams(new RecordingDatagrams(() => work(ms)));
    using peer = await RawDatagramPeer.open();
    for (let index = 0; index < count; index++) peer.send(`${index}`, live.port.host.port);
    await live.protocol.until(() => live.protocol.received.length === count);
    expect(live.protocol.texts).toEqual(Array.from({ length: count }, (_, index) => `${index}`));
    expect(live.port.stats.shed).toBe(0);
  });

  test("a slow handler lets timers and other ports in between", async () => {
    await using live = await openDatagrams(new RecordingDatagrams(() => work(10)));
    using peer = await RawDatagramPeer.open();
    const seen: number[] = [];
    const tick = () => {
      seen.push(live.protocol.received.length);
      live.reactor.callLater(0, tick);
    };
    live.reactor.callLater(0, tick);
    for (let index = 0; index < 20; index++) peer.send("slow", live.port.host.port);
    await live.protocol.until(() => live.protocol.received.length === 20);
    // Two in a turn at most: the second begins in the last moment of its time.
    for (let count = 2; count <= 18; count += 2) {
      expect(seen.some((each) => each === count || each === count - 1)).toBe(true);
    }
  });

  // The system sheds through libc.
  test.skipIf(withoutLibc)("what it cannot keep is shed and counted, once", async () => {
    await using live = await openSlow();
    using peer = await RawDatagramPeer.open();
    const sent = await overflow(live, peer);
    await eventually(() => live.port.stats.received + live.port.stats.shed === sent);
    const numbers = live.protocol.texts.map(Number);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    peer.send("after", live.port.host.port);
    await live.protocol.until(() => live.protocol.texts.at(-1) === "after");
    expect(live.logger.reports).toEqual([]);
  });

  // The system sheds through libc.
  test.skipIf(withoutLibc)("an adopted socket has its own filter back afterwards", async () => {
    const { fd } = bindUDP({ family: "IPv4", host: "127.0.0.1", port: 0 });
    setFilter(fd, DROP_X);
    await using live = await openSlow({ fd });
    using peer = await RawDatagramPeer.open();
    await overflow(live, peer);
    await eventually(() => {
      peer.send("x it drops", live.port.host.port);
      peer.send("after", live.port.host.port);
      return live.protocol.texts.includes("after");
    });
    await loopTurns();
    expect(live.protocol.texts.filter((text) => text.startsWith("x"))).toEqual([]);
  });

  // Filters are attached and locked through libc.
  test.skipIf(withoutLibc)("a socket that takes no filter is served, and shed here", async () => {
    await using live = await openSlow();
    lockFilter(live.protocol.socket.fileDescriptor);
    using peer = await RawDatagramPeer.open();
    await overflow(live, peer);
    await eventually(() => {
      peer.send("after", live.port.host.port);
      return live.protocol.texts.includes("after");
    });
    expect(live.logger.reports.map(({ level }) => level)).toEqual(["warn"]);
    expect(live.logger.errors).toEqual([expect.objectContaining({ code: "EPERM" })]);
    expect(live.protocol.events).not.toContain("stopProtocol");
  });

  // Filters are attached and locked through libc.
  test.skipIf(withoutLibc)("a filter that stays ends its own port and nobody else's", async () => {
    const echo = new RecordingDatagrams((p, data, from) => p.socket.write(data, from));
    await using live = await openSlow();
    await using other = await live.reactor.listenUDP({}, echo);
    using peer = await RawDatagramPeer.open();
    await overflow(live, peer);
    lockFilter(live.protocol.socket.fileDescriptor);
    await live.protocol.until(() => live.protocol.events.includes("stopProtocol"));
    expect(live.logger.errors).toEqual([expect.objectContaining({ code: "EPERM" })]);
    expect(live.protocol.socket.fileDescriptor).toBe(-1);
    expect(live.protocol.events.filter((event) => event === "stopProtocol").length).toBe(1);
    peer.send("still here", other.host.port);
    expect(await peer.receiveText()).toBe("still here");
    await live.port.stopListening();
  });
});
