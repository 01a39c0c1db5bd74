import { describe, expect, test } from "bun:test";
import { libcOrNull, loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { hasIPv6 } from "./ipv6-support.ts";
import { deadDatagramPort, openDatagrams } from "./live-datagrams.ts";
import { loopTurns } from "./loop-turns.ts";
import { RecordingDatagrams } from "./recording-datagrams.ts";

const NO_LIBC = loadLibc(["no-such-library.so"]);

/** With the C library, where there is one, and without. */
const WAYS = libcOrNull() === null ? ["without libc"] : ["with libc", "without libc"];

function libcFor(way: string): Disposable {
  return way === "without libc" ? replaceLibc(NO_LIBC) : { [Symbol.dispose]() {} };
}

describe.each(WAYS)("BunReactor: refused datagrams, %s", (way) => {
  test("a dead peer never hurts what is sent to a live one", async () => {
    using _libc = libcFor(way);
    await using live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    const dead = { host: "127.0.0.1", port: await deadDatagramPort() };
    const { socket } = live.protocol;
    for (let round = 0; round < 20; round++) {
      socket.write("anybody there?", dead);
      await loopTurns();
      socket.write(`round ${round}`, peer.address);
      expect(await peer.receiveText()).toBe(`round ${round}`);
    }
    expect(live.protocol.events).toEqual(["startProtocol"]);
    expect(live.logger.reports).toEqual([]);
    expect(live.port.stats).toMatchObject({ sent: 40, failed: 0, dropped: 0 });
  });

  test("a refusal that the loop has not seen yet does not hurt the next send", async () => {
    using _libc = libcFor(way);
    await using live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    const dead = { host: "127.0.0.1", port: await deadDatagramPort() };
    const { socket } = live.protocol;
    for (let round = 0; round < 20; round++) {
      for (const [text, to] of [
        ["anybody there?", dead],
        [`round ${round}`, peer.address],
      ] as const) {
        socket.write(text, to);
        // It leaves with the promises, before the loop looks at any socket.
        for (const { sends } = live.port.stats; live.port.stats.sends === sends;) await null;
      }
      expect(await peer.receiveText()).toBe(`round ${round}`);
    }
    expect(live.port.stats).toMatchObject({ sent: 40, failed: 0, dropped: 0 });
  });

  test("dead and live peers in one turn: every live one gets its datagrams", async () => {
    using _libc = libcFor(way);
    await using live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    const dead = { host: "127.0.0.1", port: await deadDatagramPort() };
    const { socket } = live.protocol;
    for (let round = 0; round < 10; round++) {
      for (let index = 0; index < 10; index++) {
        socket.write("anybody there?", dead);
        socket.write(`${round}.${index}`, peer.address);
      }
      for (let index = 0; index < 10; index++) {
        expect(await peer.receiveText()).toBe(`${round}.${index}`);
      }
    }
    expect(live.protocol.errors).toEqual([]);
  });

  test("an address that the system refuses is counted and reported, the others get theirs", async () => {
    using _libc = libcFor(way);
    await using live = await openDatagrams(new RecordingDatagrams(), { host: "0.0.0.0" });
    using peer = await RawDatagramPeer.open();
    const { socket } = live.protocol;
    socket.write("one", peer.address);
    // Without leave to broadcast the system refuses with EACCES.
    socket.write("all", { host: "127.255.255.255", port: peer.port });
    socket.write("two", peer.address);
    expect(await peer.receiveText()).toBe("one");
    expect(await peer.receiveText()).toBe("two");
    expect(live.port.stats).toMatchObject({ sent: 2, failed: 1 });
    expect(live.protocol.errors).toHaveLength(1);
    expect(live.protocol.errors[0]).toMatchObject({ code: "EACCES" });
  });

  test("connected: a refusal is told, the port stays open and is heard of again", async () => {
    using _libc = libcFor(way);
    await using live = await openDatagrams();
    const { protocol } = live;
    const port = await deadDatagramPort();
    protocol.socket.connect({ host: "127.0.0.1", port });
    protocol.socket.write("anybody there?");
    await protocol.until(() => protocol.events.includes("connectionRefused"));
    {
      using peer = await RawDatagramPeer.open("127.0.0.1", port);
      protocol.socket.write("and now?");
      expect(await peer.receiveText()).toBe("and now?");
      peer.send("yes", live.port.host.port);
      expect((await protocol.receive()).data.toString()).toBe("yes");
    }
    const before = protocol.events.length;
    protocol.socket.write("still there?");
    await protocol.until(() => protocol.events.slice(before).includes("connectionRefused"));
    expect(protocol.errors).toEqual([]);
    expect(live.logger.reports).toEqual([]);
  });

  test("connected: what others send is not delivered", async () => {
    using _libc = libcFor(way);
    await using live = await openDatagrams();
    using friend = await RawDatagramPeer.open();
    using stranger = await RawDatagramPeer.open();
    // The system keeps what comes after the connect away, where there is libc to connect with.
    stranger.send("psst", live.port.host.port);
    live.protocol.socket.connect(friend.address);
    friend.send("hello", live.port.host.port);
    expect((await live.protocol.receive()).data.toString()).toBe("hello");
    await loopTurns();
    expect(live.protocol.texts).toEqual(["hello"]);
    expect(live.port.stats).toMatchObject({ received: 1, foreign: 1 });
  });

  test.each(
    hasIPv6
      ? [
          ["127.0.0.1", "::ffff:127.0.0.1", "127.0.0.1"],
          ["0.0.0.0", "0.0.0.0", "127.0.0.1"],
          ["::1", "0:0:0:0:0:0:0:1", "::1"],
          ["::", "0:0:0:0:0:0:0:1", "::1"],
          ["::", "::FFFF:7f00:1", "127.0.0.1"],
          ["::", "::", "::1"],
        ]
      : [["0.0.0.0", "0.0.0.0", "127.0.0.1"]],
  )("connected at %s to %s: the answers of %s arrive", async (host, written, shown) => {
    using _libc = libcFor(way);
    await using live = await openDatagrams(new RecordingDatagrams(), { host });
    using peer = await RawDatagramPeer.open(shown);
    live.protocol.socket.connect({ host: written, port: peer.port });
    live.protocol.socket.write("question");
    const question = await peer.receive();
    peer.send("answer", question.port, question.host);
    const { data, from } = await live.protocol.receive();
    expect([data.toString(), from.host]).toEqual(["answer", shown]);
    expect(live.port.stats.foreign).toBe(0);
  });

  test("connected: an address must be left out, and a second connect is refused", async () => {
    using _libc = libcFor(way);
    await using live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    const { socket } = live.protocol;
    expect(() => socket.connect({ host: "localhost", port: 9 })).toThrow(InvalidAddressError);
    expect(() => socket.connect({ host: "::1", port: 9 })).toThrow(InvalidAddressError);
    expect(() => socket.connect({ host: "127.0.0.1", port: 0 })).toThrow(InvalidAddressError);
    socket.connect(peer.address);
    expect(() => socket.write("x", peer.address)).toThrow(InvalidAddressError);
    expect(() => socket.connect(peer.address)).toThrow("connected to");
    socket.writeMany(["a", "b"]);
    expect(await peer.receiveText()).toBe("a");
    expect(await peer.receiveText()).toBe("b");
  });

  // There are systems without IPv6.
  test.skipIf(!hasIPv6)("connected: a dual-stack port and an IPv4 peer", async () => {
    using _libc = libcFor(way);
    await using live = await openDatagrams(new RecordingDatagrams(), { host: "::" });
    using peer = await RawDatagramPeer.open();
    live.protocol.socket.connect(peer.address);
    live.protocol.socket.write("hello");
    expect(await peer.receiveText()).toBe("hello");
    peer.send("back", live.port.host.port);
    const { data, from } = await live.protocol.receive();
    expect(data.toString()).toBe("back");
    expect(from.host).toBe("127.0.0.1");
  });
});
