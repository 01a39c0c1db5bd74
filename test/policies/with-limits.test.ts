import { describe, expect, test } from "bun:test";
import { peerKey } from "../../src/policies/peer-key.ts";
import { withAccess } from "../../src/policies/with-access.ts";
import { withLimits } from "../../src/policies/with-limits.ts";
import { type Address, InternetAddress, UNIXAddress } from "../../src/reactor/address.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import type { RecordingProtocol } from "../transport/recording-protocol.ts";
import { PolicedServer } from "./policed-server.ts";

class Quiet extends Protocol {}

class Busy extends Protocol {
  override connectionMade(): void {
    this.transport.write("come back later\r\n");
    this.transport.loseConnection();
  }
}

function peer(host: string): InternetAddress {
  return new InternetAddress("tcp", host, 1024);
}

/** What a reactor does with a connection that comes in. */
function accepted<P extends Protocol>(factory: Factory<P>, from: Address) {
  return factory.admit(from) ? factory.buildStack(from) : null;
}

describe("withLimits", () => {
  test("a connection that is dismissed makes room for the next", () => {
    const factory = withLimits(Factory.forProtocol(Quiet), { maxConnections: 1 });
    for (let count = 0; count < 3; count++) {
      const first = peer("192.0.2.1");
      expect(factory.admit(first)).toBe(true);
      expect(factory.admit(peer("192.0.2.2"))).toBe(false);
      factory.dismiss(first);
    }
    expect(factory.admit(peer("192.0.2.1"))).toBe(true);
  });

  test("a burst is served up to the limit, and every kind of end makes room", async () => {
    const fault = new Error("a fault of the protocol");
    const ends: readonly ((server: RecordingProtocol, client: RecordingProtocol) => void)[] = [
      (server) => server.connection.loseConnection(),
      (server) => server.connection.abortConnection(),
      (server) => server.connection.abortConnection(fault),
      (_server, client) => client.connection.loseConnection(),
      (_server, client) => client.connection.abortConnection(),
    ];
    const policed = new PolicedServer(
      (factory) => withLimits(factory, { maxConnections: 5, maxPerPeer: 3 }),
      {},
      { logger: new MemoryLogger() },
    );
    for (let round = 0; round < 3; round++) {
      policed.servers.length = 0;
      const hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.1"].flatMap((host) =>
        Array.from({ length: 10 }, () => host),
      );
      const all = await Promise.all(hosts.map((host) => policed.connect(host)));
      policed.reactor.flush();
      const clients = all.filter((client) => client.reason === null);
      const peers = clients.map((client) => `${client.connection.getHost()}`.split(":")[0]);
      expect(peers).toEqual([
        ...Array.from({ length: 3 }, () => "tcp 127.0.0.1"),
        ...Array.from({ length: 2 }, () => "tcp 127.0.0.2"),
      ]);
      clients.forEach((client, index) => {
        const server = policed.servers[index];
        if (server !== undefined) ends[index]?.(server, client);
      });
      policed.reactor.flush();
    }
  });

  test("a protocol that fails at once takes no place", async () => {
    const connectionMade = () => {
      throw new Error("a fault of the protocol");
    };
    const policed = new PolicedServer(
      (factory) => withLimits(factory, { maxConnections: 1 }),
      { connectionMade },
      { logger: new MemoryLogger() },
    );
    for (let count = 0; count < 3; count++) await policed.connect();
    expect(policed.servers).toHaveLength(3);
  });

  test("who is not admitted inside, or fails there, takes no place", () => {
    let admits: () => boolean = () => false;
    class Inner extends Factory<Quiet> {
      override buildProtocol = () => new Quiet();
      override admit = () => admits();
    }
    const factory = withLimits(new Inner(), { maxConnections: 1 });
    expect(factory.admit(peer("192.0.2.1"))).toBe(false);
    admits = () => {
      throw new Error("no");
    };
    expect(() => factory.admit(peer("192.0.2.1"))).toThrow("no");
    admits = () => true;
    expect(factory.admit(peer("192.0.2.1"))).toBe(true);
  });

  test("a factory inside that fails to dismiss keeps no place", () => {
    class Inner extends Factory<Quiet> {
      override dismiss = () => {
        throw new Error("no");
      };
    }
    const factory = withLimits(new Inner(), { maxConnections: 1 });
    const first = peer("192.0.2.1");
    factory.admit(first);
    expect(() => factory.dismiss(first)).toThrow("no");
    expect(factory.admit(peer("192.0.2.1"))).toBe(true);
  });

  test("dismissing twice, or who was not admitted, gives back nothing", () => {
    const factory = withLimits(Factory.forProtocol(Quiet), { maxConnections: 1 });
    const [first, second] = [peer("192.0.2.1"), peer("192.0.2.1")];
    factory.admit(first);
    factory.dismiss(second);
    expect(factory.admit(second)).toBe(false);
    factory.dismiss(first);
    factory.dismiss(first);
    expect(factory.admit(second)).toBe(true);
    expect(factory.admit(first)).toBe(false);
  });

  test("whoever was not admitted is not served: no limit would hold", () => {
    const factory = withLimits(Factory.forProtocol(Quiet), { maxConnections: 1 });
    expect(() => factory.buildStack(peer("192.0.2.1"))).toThrow("must pass admit and dismiss on");
  });

  test("maxPerPeer counts each peer by itself", () => {
    const factory = withLimits(Factory.forProtocol(Quiet), { maxPerPeer: 1 });
    const first = peer("192.0.2.1");
    expect(factory.admit(first)).toBe(true);
    expect(factory.admit(peer("::ffff:192.0.2.1"))).toBe(false);
    expect(factory.admit(peer("192.0.2.2"))).toBe(true);
    factory.dismiss(first);
    expect(factory.admit(peer("192.0.2.1"))).toBe(true);
  });

  test("an overflow factory serves those above the limit, up to a limit of its own", () => {
    const factory = withLimits(Factory.forProtocol(Quiet), {
      maxConnections: 1,
      overflow: Factory.forProtocol(Busy),
      maxOverflow: 2,
    });
    const peers = Array.from({ length: 4 }, () => peer("192.0.2.1"));
    const built = peers.map((each) => accepted(factory, each));
    const names = built.map((stack) => stack?.protocol.constructor.name ?? "refused");
    expect(names).toEqual(["Quiet", "Busy", "Busy", "refused"]);
    factory.dismiss(peers[1] as Address);
    expect(accepted(factory, peer("192.0.2.1"))?.protocol).toBeInstanceOf(Busy);
    factory.dismiss(peers[0] as Address);
    expect(accepted(factory, peer("192.0.2.1"))?.protocol).toBeInstanceOf(Quiet);
  });

  test("the overflow factory admits those above the limit itself", () => {
    const overflow = withAccess(Factory.forProtocol(Busy), { deny: ["192.0.2.9"] });
    const factory = withLimits(Factory.forProtocol(Quiet), { maxConnections: 0, overflow });
    expect(factory.admit(peer("192.0.2.9"))).toBe(false);
    expect(accepted(factory, peer("192.0.2.1"))?.protocol).toBeInstanceOf(Busy);
  });

  test("the factories inside start and stop once, over all that use it", () => {
    const events: string[] = [];
    class Noted extends Factory<Quiet> {
      override buildProtocol = () => new Quiet();
      override startFactory = () => void events.push("start");
      override stopFactory = () => void events.push("stop");
    }
    const factory = withLimits(new Noted(), { maxConnections: 1 });
    factory.doStart();
    factory.doStart();
    factory.doStop();
    factory.doStop();
    expect(events).toEqual(["start", "stop"]);
  });

  test("a limit that is no whole number is refused", () => {
    expect(() => withLimits(Factory.forProtocol(Quiet), { maxPerPeer: 1.5 })).toThrow(RangeError);
    expect(() => withLimits(Factory.forProtocol(Quiet), { maxConnections: -1 })).toThrow(
      RangeError,
    );
  });
});

describe("peerKey", () => {
  const cases: readonly [string, string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["0:0:0:0:0:FFFF:C000:0201", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["::2:3:4:5:6:7:8", "0:2:3:4"],
    ["::", "0:0:0:0"],
    ["2001:0DB8:0001:0002::9", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0"],
  ];
  for (const [host, key] of cases) {
    test(`${host} counts as ${key}`, () => expect(peerKey(peer(host))).toBe(key));
  }

  test("all UNIX sockets count as one", () => {
    expect(peerKey(new UNIXAddress(""))).toBe(peerKey(new UNIXAddress("/run/a")));
  });
});
