import { describe, expect, test } from "bun:test";
import type { InternetAddress } from "../../src/reactor/address.ts";
import { ConnectionRefusedError, TimeoutError } from "../../src/reactor/connect-error.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import type { DatagramTransport } from "../../src/reactor/datagram-transport.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";
import { settle } from "../transport/scripted-network.ts";

const HOST = "127.0.0.1";

function factoryOf<P extends RecordingProtocol>(protocol: P): Factory<P> {
  return new Factory(() => protocol);
}

/** Connects two recorders over `reactor`. */
async function connected(reactor: MemoryReactor) {
  const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
  await reactor.listenTCP({ host: HOST, port: 7 }, factoryOf(server));
  await reactor.connectTCP({ host: HOST, port: 7 }, factoryOf(client));
  return { client, server };
}

describe("MemoryReactor: time", () => {
  test("it stands still until advance, and bytes are delivered on the way", async () => {
    const reactor = new MemoryReactor();
    const { client, server } = await connected(reactor);
    const seen: string[] = [];
    reactor.callLater(10, () => client.connection.write("a"));
    reactor.callLater(20, () => seen.push(`${server.received} at ${reactor.now()}`));
    reactor.advance(30);
    expect(seen).toEqual(["a at 20"]);
    expect(reactor.now()).toBe(30);
  });

  test("an error in a timed call goes to the logger", () => {
    const logger = new MemoryLogger();
    const reactor = new MemoryReactor({ logger });
    reactor.callLater(1, () => {
      throw new Error("in time");
    });
    reactor.advance(1);
    expect(logger.errors.map(String)).toEqual(["Error: in time"]);
  });
});

describe("MemoryReactor: delivery", () => {
  test("a link that carries nothing is refused at once", () => {
    expect(() => new MemoryReactor({ bufferBytes: 0 })).toThrow(RangeError);
    expect(() => new MemoryReactor({ maxChunkBytes: Number.NaN })).toThrow(RangeError);
  });

  test("what a timed call throws is logged, also when it is async", async () => {
    const logger = new MemoryLogger();
    const reactor = new MemoryReactor({ logger });
    const [thrown, rejected] = [new Error("thrown"), new Error("rejected")];
    reactor.callLater(1, () => {
      throw thrown;
    });
    reactor.callLater(2, async () => {
      throw rejected;
    });
    reactor.advance(2);
    await null;
    expect(logger.errors).toEqual([thrown, rejected]);
  });

  test("flush delivers at once, without a promise to wait for", async () => {
    const reactor = new MemoryReactor();
    const { client, server } = await connected(reactor);
    client.connection.write("now");
    expect(server.received.toString()).toBe("");
    reactor.flush();
    expect(server.received.toString()).toBe("now");
    expect(reactor.pump()).toBe(0);
  });

  test("without flush it delivers by itself, soon after", async () => {
    const reactor = new MemoryReactor();
    const { client, server } = await connected(reactor);
    client.connection.write("soon");
    await server.receives(4);
  });

  test("the link may be narrow", async () => {
    const reactor = new MemoryReactor({ bufferBytes: 3, maxChunkBytes: 2 });
    const { client, server } = await connected(reactor);
    client.connection.write("a narrow link");
    client.connection.loseConnection();
    expect(await server.lost()).toEqual({ kind: "done" });
    expect(server.received.toString()).toBe("a narrow link");
    expect(client.connection.stats.shortSends).toBeGreaterThan(0);
  });
});

describe("MemoryReactor: names and addresses", () => {
  test("every address of a name is tried in turn, within one timeout", async () => {
    const reactor = new MemoryReactor();
    const server = new RecordingProtocol();
    await reactor.listenTCP({ host: "127.0.0.3", port: 7 }, factoryOf(server));
    reactor.names.set("three.example", ["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
    const client = new RecordingProtocol();
    await reactor.connectTCP({ host: "three.example", port: 7 }, factoryOf(client));
    expect(String(client.connection.getPeer())).toBe("tcp 127.0.0.3:7");
  });

  test("when all refuse, the error has every refusal", async () => {
    const reactor = new MemoryReactor();
    reactor.names.set("two.example", ["127.0.0.1", "127.0.0.2"]);
    const connecting = reactor.connectTCP(
      { host: "two.example", port: 7 },
      factoryOf(new RecordingProtocol()),
    );
    await expect(connecting).rejects.toBeInstanceOf(ConnectionRefusedError);
    await expect(connecting).rejects.toMatchObject({
      address: "tcp two.example:7",
      cause: { errors: [{ address: "tcp 127.0.0.1:7" }, { address: "tcp 127.0.0.2:7" }] },
    });
  });

  test("an address that never answers costs a name no more than the delay of an attempt", async () => {
    const reactor = new MemoryReactor();
    reactor.names.set("two.example", ["127.0.0.1", "127.0.0.2"]);
    reactor.swallow("127.0.0.1");
    const server = new RecordingProtocol();
    await reactor.listenTCP({ host: "127.0.0.2", port: 7 }, factoryOf(server));
    const client = new RecordingProtocol();
    const connecting = reactor.connectTCP({ host: "two.example", port: 7 }, factoryOf(client));
    await settle();
    reactor.advance(250);
    expect(await connecting).toBe(client);
    expect(client.connection.getPeer()).toMatchObject({ host: "127.0.0.2" });
  });

  test("only an address can be swallowed, for a name would never be found", () => {
    const reactor = new MemoryReactor();
    expect(() => reactor.swallow("localhost")).toThrow(InvalidAddressError);
    expect(() => reactor.swallow(HOST, -1)).toThrow(InvalidAddressError);
  });

  test("a swallowed address never answers, until it is answered again", async () => {
    const reactor = new MemoryReactor();
    await reactor.listenTCP({ host: HOST, port: 7 }, factoryOf(new RecordingProtocol()));
    reactor.swallow(HOST, 7);
    const options = { host: HOST, port: 7, timeoutMs: 1000 };
    const first = reactor.connectTCP(options, factoryOf(new RecordingProtocol()));
    const failure = first.catch((error: unknown) => error);
    await Promise.resolve();
    reactor.advance(1000);
    expect(await failure).toBeInstanceOf(TimeoutError);
    reactor.answer(HOST, 7);
    await reactor.connectTCP(options, factoryOf(new RecordingProtocol()));
  });

  test("it has the addresses that it is given besides loopback", async () => {
    const reactor = new MemoryReactor({ localHosts: ["192.0.2.1", "2001:db8::1"] });
    for (const host of ["192.0.2.1", "2001:db8::1", "127.9.9.9"]) {
      const port = await reactor.listenTCP({ host }, factoryOf(new RecordingProtocol()));
      expect((port.host as InternetAddress).host).toBe(host);
    }
    await expect(
      reactor.listenTCP({ host: "192.0.2.2" }, factoryOf(new RecordingProtocol())),
    ).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
  });

  test("an address is the same however it is written", async () => {
    const reactor = new MemoryReactor({ localHosts: ["2001:DB8:0::1"] });
    const [first, second] = [new RecordingProtocol(), new RecordingProtocol()];
    await reactor.listenTCP({ host: "2001:db8::0:1", port: 7 }, factoryOf(first));
    await reactor.connectTCP({ host: "2001:db8::1", port: 7 }, factoryOf(second));
    reactor.swallow("2001:DB8::1", 7);
    const options = { host: "2001:db8:0:0:0:0:0:1", port: 7, timeoutMs: 1000 };
    const connecting = reactor.connectTCP(options, factoryOf(new RecordingProtocol()));
    const failure = connecting.catch((error: unknown) => error);
    await Promise.resolve();
    reactor.advance(1000);
    expect(await failure).toBeInstanceOf(TimeoutError);
    reactor.answer("2001:0db8::1", 7);
    await reactor.connectTCP(options, factoryOf(new RecordingProtocol()));
  });

  test("ports that share an address take connections in turn", async () => {
    const reactor = new MemoryReactor();
    const accepted: number[] = [];
    for (const number of [1, 2]) {
      const factory = new Factory(() => {
        accepted.push(number);
        return new RecordingProtocol();
      });
      await reactor.listenTCP({ host: HOST, port: 7, reusePort: true }, factory);
    }
    for (let index = 0; index < 4; index++) {
      await reactor.connectTCP({ host: HOST, port: 7 }, factoryOf(new RecordingProtocol()));
    }
    expect(accepted).toEqual([1, 2, 1, 2]);
  });

  test("descriptors cannot be adopted", async () => {
    const reactor = new MemoryReactor();
    const factory = factoryOf(new RecordingProtocol());
    await expect(reactor.connectTCP({ fd: 3 }, factory)).rejects.toThrow("no descriptors");
    const refusal = { name: "CannotListenError", code: "EBADF" };
    await expect(reactor.listenTCP({ fd: 3 }, factory)).rejects.toMatchObject(refusal);
    await expect(reactor.listenUNIX({ fd: 3, path: "/x" }, factory)).rejects.toMatchObject(refusal);
    await expect(reactor.listenUDP({ fd: 3 }, new Receiver())).rejects.toMatchObject(refusal);
  });
});

/** Keeps what it receives. */
class Receiver extends DatagramProtocol {
  readonly received: string[] = [];
  readonly errors: string[] = [];

  get connection(): DatagramTransport {
    return this.transport;
  }

  override datagramReceived(data: Buffer, { host, port }: InternetAddress): void {
    this.received.push(`${data} from ${host}:${port}`);
  }

  override errorReceived(error: Error): void {
    this.errors.push(error.message);
  }
}

describe("MemoryReactor: datagrams", () => {
  test("what the receiver's buffer has no room for is lost without a word", async () => {
    const reactor = new MemoryReactor();
    const [sender, receiver] = [new Receiver(), new Receiver()];
    await reactor.listenUDP({ host: HOST, port: 1 }, sender);
    await reactor.listenUDP({ host: HOST, port: 2, receiveBufferBytes: 10_000 }, receiver);
    sender.connection.writeMany(
      Array.from({ length: 100 }, () => "x".repeat(232)),
      {
        host: HOST,
        port: 2,
      },
    );
    reactor.flush();
    expect(receiver.received.length).toBe(10);
    expect(sender.connection.stats).toMatchObject({ sent: 100, dropped: 0, failed: 0 });
  });

  test("what is swallowed is lost without a word", async () => {
    const reactor = new MemoryReactor();
    const [sender, receiver] = [new Receiver(), new Receiver()];
    await reactor.listenUDP({ host: HOST, port: 1 }, sender);
    await reactor.listenUDP({ host: HOST, port: 2 }, receiver);
    reactor.swallow(HOST, 2);
    sender.connection.write("lost", { host: HOST, port: 2 });
    reactor.flush();
    expect([receiver.received, sender.errors]).toEqual([[], []]);
  });

  test("a group's datagrams go to whoever has joined it, unless loopback is off", async () => {
    const reactor = new MemoryReactor();
    const [sender, member, stranger] = [new Receiver(), new Receiver(), new Receiver()];
    const group = { host: "239.1.2.3", port: 5 };
    await reactor.listenUDP({ host: HOST, port: 1 }, sender);
    await reactor.listenUDP({ host: "0.0.0.0", port: 5, reusePort: true }, member);
    await reactor.listenUDP({ host: "0.0.0.0", port: 5, reusePort: true }, stranger);
    member.connection.joinGroup(group.host);
    expect(() => member.connection.joinGroup(group.host)).toThrow("EADDRINUSE");
    sender.connection.write("hello", group);
    reactor.flush();
    sender.connection.setMulticastLoopback(false);
    sender.connection.write("not here", group);
    reactor.flush();
    sender.connection.setMulticastLoopback(true);
    member.connection.leaveGroup(group.host);
    expect(() => member.connection.leaveGroup(group.host)).toThrow("EADDRNOTAVAIL");
    sender.connection.write("nobody", group);
    reactor.flush();
    expect(member.received).toEqual(["hello from 127.0.0.1:1"]);
    expect(stranger.received).toEqual([]);
  });

  test("broadcast must be allowed first", async () => {
    const reactor = new MemoryReactor();
    const [sender, receiver] = [new Receiver(), new Receiver()];
    await reactor.listenUDP({ host: HOST, port: 1 }, sender);
    await reactor.listenUDP({ host: "0.0.0.0", port: 2 }, receiver);
    const everybody = { host: "127.255.255.255", port: 2 };
    sender.connection.write("refused", everybody);
    reactor.flush();
    expect(sender.errors.length).toBe(1);
    expect(sender.errors[0]).toContain("EACCES");
    sender.connection.setBroadcast(true);
    sender.connection.write("all of you", everybody);
    reactor.flush();
    expect(receiver.received).toEqual(["all of you from 127.0.0.1:1"]);
  });

  test("a port on a wildcard sends from the address that its peer knows", async () => {
    const reactor = new MemoryReactor({ localHosts: ["192.0.2.1"] });
    const [server, client] = [new Receiver(), new Receiver()];
    await reactor.listenUDP({ host: "0.0.0.0", port: 1 }, server);
    await reactor.listenUDP({ host: "192.0.2.1", port: 2 }, client);
    server.connection.write("hi", { host: "192.0.2.1", port: 2 });
    reactor.flush();
    expect(client.received).toEqual(["hi from 192.0.2.1:1"]);
  });
});
