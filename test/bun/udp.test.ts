import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { MessageLengthError } from "../../src/reactor/message-length-error.ts";
import type { ListenUDPOptions } from "../../src/reactor/reactor.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { hasIPv6 } from "./ipv6-support.ts";
import { openDatagrams } from "./live-datagrams.ts";
import { loopTurns } from "./loop-turns.ts";
import { RecordingDatagrams } from "./recording-datagrams.ts";

const echo = () => new RecordingDatagrams((p, data, from) => p.socket.write(data, from));

async function failure(options: ListenUDPOptions): Promise<unknown> {
  const before = openDescriptors();
  const protocol = new RecordingDatagrams();
  const outcome = await new BunReactor().listenUDP(options, protocol).catch((e: unknown) => e);
  expect(openDescriptors()).toBeLessThanOrEqual(before);
  expect(protocol.events).toEqual([]);
  return outcome;
}

describe("BunReactor.listenUDP", () => {
  test("startProtocol and stopProtocol once each, first and last", async () => {
    const live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    peer.send("hello", live.port.host.port);
    await live.protocol.receive();
    await Promise.all([live.port.stopListening(), live.port.stopListening()]);
    expect(live.protocol.events).toEqual(["startProtocol", "datagramReceived", "stopProtocol"]);
  });

  test("stopProtocol is not called inside stopListening", async () => {
    const live = await openDatagrams();
    const stopped = live.port.stopListening();
    expect(live.protocol.events).toEqual(["startProtocol"]);
    await stopped;
    expect(live.protocol.events).toEqual(["startProtocol", "stopProtocol"]);
  });

  test("a port that is taken: CannotListenError with address and code", async () => {
    using taken = await RawDatagramPeer.open();
    const error = await failure({ port: taken.port });
    expect(error).toBeInstanceOf(CannotListenError);
    expect(error).toMatchObject({ code: "EADDRINUSE", address: `udp 127.0.0.1:${taken.port}` });
  });

  test("an address that is not ours, a name and a bad port are refused", async () => {
    expect(await failure({ host: "192.0.2.1" })).toMatchObject({ code: "EADDRNOTAVAIL" });
    expect(await failure({ host: "localhost" })).toBeInstanceOf(InvalidAddressError);
    expect(await failure({ port: 65_536 })).toBeInstanceOf(InvalidAddressError);
    expect(await failure({ port: -1 })).toBeInstanceOf(InvalidAddressError);
  });

  test("after stopListening a write does nothing, and what is wrong is still refused", async () => {
    const live = await openDatagrams();
    const { socket } = live.protocol;
    await live.port.stopListening();
    const address = { host: "127.0.0.1", port: 9 };
    expect(socket.write("late", address)).toBe(false);
    expect(socket.writeMany(["late", "too late"], address)).toBe(false);
    expect(socket.fileDescriptor).toBe(-1);
    expect(socket.getHost()).toBe(live.port.host);
    expect(live.port.stats.sent).toBe(0);
    expect(() => socket.write("late", { host: "localhost", port: 9 })).toThrow(InvalidAddressError);
  });

  test("what was written before stopListening still leaves", async () => {
    const live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    live.protocol.socket.write("goodbye", peer.address);
    await live.port.stopListening();
    expect(await peer.receiveText()).toBe("goodbye");
  });

  test("stopListening inside datagramReceived: no datagram follows", async () => {
    const protocol: RecordingDatagrams = new RecordingDatagrams(() => live.port.stopListening());
    await using live = await openDatagrams(protocol);
    using peer = await RawDatagramPeer.open();
    for (let index = 0; index < 20; index++) peer.send(`${index}`, live.port.host.port);
    await protocol.until(() => protocol.events.includes("stopProtocol"));
    expect(protocol.texts).toEqual(["0"]);
    expect(live.logger.reports).toEqual([]);
  });
});

describe("BunReactor: datagrams", () => {
  test("boundaries and contents are kept, the sender is told", async () => {
    await using live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    for (const text of ["one", "", "three"]) peer.send(text, live.port.host.port);
    for (const text of ["one", "", "three"]) {
      const { data, from } = await live.protocol.receive();
      expect(data.toString()).toBe(text);
      expect(from).toMatchObject({ kind: "udp", host: "127.0.0.1", port: peer.port });
    }
    expect(live.port.stats).toMatchObject({ received: 3, bytesReceived: 8 });
  });

  test("an empty datagram is sent and received", async () => {
    await using live = await openDatagrams(echo());
    using peer = await RawDatagramPeer.open();
    peer.send("", live.port.host.port);
    expect((await peer.receive()).data).toHaveLength(0);
  });

  test.each([1, 8_193, 60_000, 65_507])(
    "a datagram of %d bytes goes through whole",
    async (size) => {
      await using live = await openDatagrams(echo());
      using peer = await RawDatagramPeer.open();
      const data = Buffer.alloc(size, "0123456789abcdef");
      peer.send(data, live.port.host.port);
      expect((await peer.receive()).data.equals(data)).toBe(true);
    },
  );

  test("65508 bytes are refused with MessageLengthError, and nothing is sent", async () => {
    await using live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    const { socket } = live.protocol;
    const long = Buffer.alloc(65_508);
    expect(() => socket.write(long, peer.address)).toThrow(MessageLengthError);
    expect(() => socket.writeMany(["short", long], peer.address)).toThrow(MessageLengthError);
    expect(() => socket.write("ü".repeat(32_754), peer.address)).toThrow(MessageLengthError);
    socket.write("fine", peer.address);
    expect(await peer.receiveText()).toBe("fine");
    expect(live.port.stats).toMatchObject({ sent: 1, failed: 0, dropped: 0 });
  });

  test("a name, another family, port 0, no address and a bad port are refused", async () => {
    await using live = await openDatagrams();
    const { socket } = live.protocol;
    for (const address of [
      { host: "localhost", port: 9 },
      { host: "::1", port: 9 },
      { host: "127.0.0.1", port: 0 },
      { host: "127.0.0.1", port: 65_536 },
      { host: "", port: 9 },
      undefined,
    ]) {
      expect(() => socket.write("x", address)).toThrow(InvalidAddressError);
      expect(() => socket.writeMany(["x"], address)).toThrow(InvalidAddressError);
    }
    await loopTurns();
    expect(live.port.stats).toMatchObject({ sent: 0, failed: 0 });
  });

  test("what is written in one turn leaves together, in order", async () => {
    await using live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    const texts = Array.from({ length: 60 }, (_, index) => `datagram ${index}`);
    for (const text of texts) live.protocol.socket.write(text, peer.address);
    expect(live.port.stats.sends).toBe(0);
    for (const text of texts) expect(await peer.receiveText()).toBe(text);
    expect(live.port.stats).toMatchObject({ sent: 60, sends: 1 });
  });

  test("the answers to what comes in one turn of the loop take fewer calls than datagrams", async () => {
    await using live = await openDatagrams(echo());
    using peer = await RawDatagramPeer.open();
    for (let index = 0; index < 100; index++) peer.send(`${index}`, live.port.host.port);
    for (let index = 0; index < 100; index++) expect(await peer.receiveText()).toBe(`${index}`);
    expect(live.port.stats.sends).toBeLessThan(100);
  });

  test("writeMany sends many to one place in few calls", async () => {
    await using live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    const texts = Array.from({ length: 200 }, (_, index) => `${index}`);
    expect(live.protocol.socket.writeMany(texts, peer.address)).toBe(true);
    for (const text of texts) expect(await peer.receiveText()).toBe(text);
    expect(live.port.stats).toMatchObject({ sent: 200, sends: 4 });
    expect(live.protocol.socket.writeMany([], peer.address)).toBe(true);
  });

  test("one turn may write to many places", async () => {
    await using live = await openDatagrams();
    using one = await RawDatagramPeer.open();
    using two = await RawDatagramPeer.open("127.0.0.2");
    for (let index = 0; index < 5; index++) {
      live.protocol.socket.write(`one ${index}`, one.address);
      live.protocol.socket.write(`two ${index}`, two.address);
    }
    for (let index = 0; index < 5; index++) {
      expect(await one.receiveText()).toBe(`one ${index}`);
      expect(await two.receiveText()).toBe(`two ${index}`);
    }
  });

  test("a storm of writes never throws; what is not sent is counted", async () => {
    await using live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    const data = Buffer.alloc(1_000);
    for (let index = 0; index < 20_000; index++) live.protocol.socket.write(data, peer.address);
    await peer.receive();
    const { sent, dropped, failed } = live.port.stats;
    expect(sent + dropped).toBe(20_000);
    expect(failed).toBe(0);
  });

  test("an answer may come much later than the datagram", async () => {
    await using live = await openDatagrams();
    using peer = await RawDatagramPeer.open();
    peer.send("question", live.port.host.port);
    const { from } = await live.protocol.receive();
    await loopTurns();
    live.protocol.socket.write("answer", from);
    expect(await peer.receiveText()).toBe("answer");
  });

  test("an error in datagramReceived is logged, and the port goes on", async () => {
    const [thrown, rejected] = [new Error("Thrown"), new Error("Rejected")];
    const protocol = new RecordingDatagrams((p, data, from) => {
      if (data.toString() === "throw") throw thrown;
      if (data.toString() === "reject") return Promise.reject(rejected);
      return p.socket.write(data, from);
    });
    await using live = await openDatagrams(protocol);
    using peer = await RawDatagramPeer.open();
    for (const text of ["throw", "reject", "echo"]) peer.send(text, live.port.host.port);
    expect(await peer.receiveText()).toBe("echo");
    expect(live.logger.errors).toEqual([thrown, rejected]);
  });

  test("errors in startProtocol and stopProtocol are logged, and the port opens and closes", async () => {
    for (const failed of ["startProtocol", "stopProtocol"] as const) {
      for (const way of ["throws", "rejects"]) {
        const fault = new Error(`${failed} ${way}`);
        const protocol = new RecordingDatagrams();
        protocol[failed] = () => {
          if (way === "throws") throw fault;
          return Promise.reject(fault) as never;
        };
        const logger = new MemoryLogger();
        const port = await new BunReactor({ logger }).listenUDP({}, protocol);
        await port.stopListening();
        await Promise.resolve();
        expect(logger.errors).toEqual([fault]);
      }
    }
  });

  // There are systems without IPv6.
  test.skipIf(!hasIPv6)(
    "IPv6 and dual stack: each peer is answered by its own family",
    async () => {
      await using live = await openDatagrams(echo(), { host: "::" });
      using four = await RawDatagramPeer.open("127.0.0.1");
      using six = await RawDatagramPeer.open("::1");
      four.send("four", live.port.host.port, "127.0.0.1");
      expect(await four.receiveText()).toBe("four");
      six.send("six", live.port.host.port, "::1");
      expect(await six.receiveText()).toBe("six");
      expect(live.protocol.received.map(({ from }) => from.host)).toEqual(["127.0.0.1", "::1"]);
    },
  );
});
