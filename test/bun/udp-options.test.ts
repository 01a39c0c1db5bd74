import { describe, expect, test } from "bun:test";
import { constants, networkInterfaces } from "node:os";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { type Libc, libcOrNull, replaceLibc, requireLibc } from "../../src/native/libc.ts";
import * as linux from "../../src/native/socket-constants.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { hasIPv6 } from "./ipv6-support.ts";
import { openDatagrams } from "./live-datagrams.ts";
import { loopTurns } from "./loop-turns.ts";
import { RecordingDatagrams } from "./recording-datagrams.ts";

const withoutLibc = libcOrNull() === null;
const GROUP = "239.7.11.13";
const LOOPBACK = "127.0.0.1";

/** Has the kernel say that it has no such option. */
function refuseOption(level: number, option: number): Disposable {
  const libc = requireLibc("refuse an option");
  let refused = false;
  const setsockopt = (...call: Parameters<Libc["setsockopt"]>): number => {
    refused = call[1] === level && call[2] === option;
    return refused ? -1 : libc.setsockopt(...call);
  };
  const errno = () => (refused ? constants.errno.ENOPROTOOPT : libc.errno());
  const refusing = { ...libc, setsockopt: setsockopt as Libc["setsockopt"], errno };
  return replaceLibc({ libc: refusing, reason: null });
}

const echo = () => new RecordingDatagrams((p, data, from) => p.socket.write(data, from));

describe("BunReactor: broadcast and multicast", () => {
  test("broadcast reaches every socket of the port, once it is allowed", async () => {
    await using one = await openDatagrams(new RecordingDatagrams(), { host: "0.0.0.0" });
    await using sender = await openDatagrams();
    sender.protocol.socket.setBroadcast(true);
    sender.protocol.socket.write("to all", { host: "127.255.255.255", port: one.port.host.port });
    expect((await one.protocol.receive()).data.toString()).toBe("to all");
    sender.protocol.socket.setBroadcast(false);
    sender.protocol.socket.write("not now", { host: "127.255.255.255", port: one.port.host.port });
    await sender.protocol.until(() => sender.protocol.errors.length > 0);
    expect(sender.protocol.errors[0]).toMatchObject({ code: "EACCES" });
  });

  test("a group is received from joinGroup to leaveGroup", async () => {
    await using member = await openDatagrams(new RecordingDatagrams(), { host: "0.0.0.0" });
    await using sender = await openDatagrams();
    const { socket } = sender.protocol;
    const { port } = member.port.host;
    socket.setMulticastInterface(LOOPBACK);
    socket.setMulticastTTL(1);
    socket.setMulticastLoopback(true);
    member.protocol.socket.joinGroup(GROUP, LOOPBACK);
    socket.write("to members", { host: GROUP, port });
    expect((await member.protocol.receive()).data.toString()).toBe("to members");
    member.protocol.socket.leaveGroup(GROUP, LOOPBACK);
    socket.write("to nobody", { host: GROUP, port });
    socket.write("to you", { host: LOOPBACK, port });
    expect((await member.protocol.receive()).data.toString()).toBe("to you");
    expect(member.protocol.texts).toEqual(["to members", "to you"]);
  });

  // Which groups a socket hears is set through libc.
  test.skipIf(withoutLibc)(
    "a group that only another socket has joined is not received",
    async () => {
      await using member = await openDatagrams(new RecordingDatagrams(), { host: "0.0.0.0" });
      const { port } = member.port.host;
      await using other = await openDatagrams(new RecordingDatagrams(), {
        host: "127.0.0.2",
        port,
        reusePort: true,
      }).catch(() => openDatagrams(new RecordingDatagrams(), { host: "0.0.0.0" }));
      other.protocol.socket.joinGroup(GROUP, LOOPBACK);
      await using sender = await openDatagrams();
      sender.protocol.socket.setMulticastInterface(LOOPBACK);
      sender.protocol.socket.write("to members", { host: GROUP, port });
      sender.protocol.socket.write("to you", { host: LOOPBACK, port });
      expect((await member.protocol.receive()).data.toString()).toBe("to you");
    },
  );

  test("joining twice, leaving without joining, and no group at all are refused", async () => {
    await using live = await openDatagrams(new RecordingDatagrams(), { host: "0.0.0.0" });
    const { socket } = live.protocol;
    socket.joinGroup(GROUP, LOOPBACK);
    expect(() => socket.joinGroup(GROUP, LOOPBACK)).toThrow("EADDRINUSE");
    expect(() => socket.leaveGroup("239.7.11.14", LOOPBACK)).toThrow("EADDRNOTAVAIL");
    expect(() => socket.joinGroup("127.0.0.1", LOOPBACK)).toThrow();
    for (const hops of [0, 256]) expect(() => socket.setMulticastTTL(hops)).toThrow("EINVAL");
  });
});

describe("BunReactor.listenUDP with perAddress", () => {
  test("each answer leaves from the address it was asked on, now or later", async () => {
    await using live = await openDatagrams(echo(), { host: "0.0.0.0", perAddress: true });
    const { port } = live.port.host;
    const addresses = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter((each) => each.family === "IPv4")
      .map((each) => each.address);
    expect(live.port.hosts.map(({ host }) => host).toSorted()).toEqual(
      [...new Set(addresses)].toSorted(),
    );
    for (const address of live.port.hosts) {
      expect(address.port).toBe(port);
      using peer = await RawDatagramPeer.open(address.host);
      peer.send("who are you?", port, address.host);
      expect(await peer.receive()).toMatchObject({ host: address.host, port });
      const { from } = live.protocol.received.at(-1) ?? {};
      await loopTurns();
      live.protocol.socket.write("later", from);
      expect(await peer.receive()).toMatchObject({ host: address.host, port });
    }
    expect(live.protocol.events).toEqual(["startProtocol", "datagramReceived"]);
  });

  test("two addresses and one peer: it hears each answer from where it asked", async () => {
    await using live = await openDatagrams(echo(), { host: "0.0.0.0", perAddress: true });
    const { hosts } = live.port;
    using peer = await RawDatagramPeer.open("0.0.0.0");
    for (let round = 0; round < 3; round++) {
      for (const { host, port } of hosts) {
        peer.send(host, port, host);
        const answer = await peer.receive();
        expect(answer.data.toString()).toBe(host);
        expect(answer.host).toBe(host);
      }
    }
  });

  test("startProtocol and stopProtocol are called once, and everything is closed", async () => {
    const before = openDescriptors();
    const live = await openDatagrams(echo(), { host: "0.0.0.0", perAddress: true });
    await live.port.stopListening();
    expect(live.protocol.events).toEqual(["startProtocol", "stopProtocol"]);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("a port taken at one of the addresses: CannotListenError, everything is closed", async () => {
    using taken = await RawDatagramPeer.open(LOOPBACK);
    const before = openDescriptors();
    const options = { host: "0.0.0.0", port: taken.port, perAddress: true };
    const listening = new BunReactor().listenUDP(options, echo());
    expect(await listening.catch((e: unknown) => e)).toBeInstanceOf(CannotListenError);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("errors in the callbacks are logged, and the port goes on", async () => {
    const fault = new Error("Not in the mood");
    const protocol = new RecordingDatagrams(() => {
      throw fault;
    });
    protocol.startProtocol = () => {
      throw fault;
    };
    await using live = await openDatagrams(protocol, { host: "0.0.0.0", perAddress: true });
    using peer = await RawDatagramPeer.open();
    peer.send("hello", live.port.host.port);
    await protocol.receive();
    await loopTurns();
    expect(live.logger.errors).toEqual([fault, fault]);
    peer.send("hello again", live.port.host.port);
    await protocol.receive();
  });

  test("connect and groups are refused, since there is not one socket to do it", async () => {
    await using live = await openDatagrams(echo(), { host: "0.0.0.0", perAddress: true });
    const { socket } = live.protocol;
    expect(() => socket.connect({ host: LOOPBACK, port: 9 })).toThrow(InvalidAddressError);
    expect(() => socket.joinGroup(GROUP)).toThrow(InvalidAddressError);
    expect(() => socket.leaveGroup(GROUP)).toThrow(InvalidAddressError);
    expect(socket.fileDescriptor).toBe(-1);
  });

  test("on an address that is no wildcard it changes nothing", async () => {
    await using live = await openDatagrams(echo(), { perAddress: true });
    expect(live.port.hosts).toEqual([live.port.host]);
    expect(live.port.host.host).toBe(LOOPBACK);
  });
});

describe("BunReactor.listenUDP: other settings", () => {
  test("reusePort: two ports share an address", async () => {
    await using one = await openDatagrams(new RecordingDatagrams(), { reusePort: true });
    const { port } = one.port.host;
    await using two = await openDatagrams(new RecordingDatagrams(), { reusePort: true, port });
    expect(two.port.host).toEqual(one.port.host);
    const third = new BunReactor().listenUDP({ port }, new RecordingDatagrams());
    expect(await third.catch((e: unknown) => e)).toBeInstanceOf(CannotListenError);
    for (let index = 0; one.protocol.texts.length * two.protocol.texts.length === 0; index++) {
      using peer = await RawDatagramPeer.open();
      peer.send(`${index}`, port);
      const got = () => one.protocol.texts.length + two.protocol.texts.length > index;
      await Promise.race([one.protocol.until(got), two.protocol.until(got)]);
    }
  });

  // The sizes are set through libc, and only root may go above the system's limit.
  test.skipIf(withoutLibc || process.getuid?.() !== 0)(
    "receiveBufferBytes holds a burst that comes while we are busy",
    async () => {
      const receiveBufferBytes = 8 * 1_048_576;
      await using live = await openDatagrams(new RecordingDatagrams(), {
        receiveBufferBytes,
        sendBufferBytes: 100_000,
        receiveBudgetMs: 60_000,
      });
      expect(live.protocol.socket.getSocketOption("SO_RCVBUF")).toBe(2 * receiveBufferBytes);
      expect(live.protocol.socket.getSocketOption("SO_SNDBUF")).toBe(200_000);
      using peer = await RawDatagramPeer.open();
      for (let index = 0; index < 3_000; index++) peer.send(`${index}`, live.port.host.port);
      await live.protocol.until(
        () => live.protocol.received.length + live.port.stats.shed === 3_000,
      );
    },
  );

  // Options are read and set through libc.
  test.skipIf(withoutLibc)(
    "socket options are read and set by name, until the port is closed",
    async () => {
      const live = await openDatagrams();
      const { socket } = live.protocol;
      expect(socket.getSocketOption("SO_BROADCAST")).toBe(false);
      socket.setSocketOption("SO_BROADCAST", true);
      expect(socket.getSocketOption("SO_BROADCAST")).toBe(true);
      socket.setSocketOption("IP_TTL", 7);
      expect(socket.getSocketOption("IP_TTL")).toBe(7);
      await live.port.stopListening();
      expect(() => socket.getSocketOption("IP_TTL")).toThrow("closed");
    },
  );

  // There is something to refuse only where there is libc.
  test.skipIf(withoutLibc).each([
    ["IP_MULTICAST_ALL", linux.SOL_IP, linux.IP_MULTICAST_ALL],
    ["IPV6_MULTICAST_ALL", linux.SOL_IPV6, linux.IPV6_MULTICAST_ALL],
    ["IP_RECVERR", linux.SOL_IP, linux.IP_RECVERR],
  ])("a kernel that lacks %s serves all the same", async (_, level, option) => {
    using _refusing = refuseOption(level, option);
    for (const host of hasIPv6 ? ["127.0.0.1", "::"] : ["127.0.0.1"]) {
      await using live = await openDatagrams(echo(), { host });
      using peer = await RawDatagramPeer.open();
      peer.send("hello", live.port.host.port);
      expect(await peer.receiveText()).toBe("hello");
    }
  });

  // Sizes are set through libc.
  test.skipIf(withoutLibc)("a size that was asked for and is refused is told", async () => {
    using _refusing = refuseOption(linux.SOL_SOCKET, linux.SO_RCVBUFFORCE);
    const before = openDescriptors();
    const listening = new BunReactor().listenUDP({ receiveBufferBytes: 1_000 }, echo());
    expect(await listening.catch((e: unknown) => e)).toBeInstanceOf(CannotListenError);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test.each([-1, Number.NaN])("a receive budget of %d ms is refused", async (receiveBudgetMs) => {
    const listening = new BunReactor().listenUDP({ receiveBudgetMs }, echo());
    expect(await listening.catch((e: unknown) => e)).toBeInstanceOf(RangeError);
  });

  test("nothing is logged by ports that come and go, and no descriptor is left", async () => {
    const logger = new MemoryLogger();
    const reactor = new BunReactor({ logger });
    const before = openDescriptors();
    for (let time = 0; time < 100; time++) {
      await using _port = await reactor.listenUDP({}, echo());
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
    expect(logger.reports).toEqual([]);
  });
});
