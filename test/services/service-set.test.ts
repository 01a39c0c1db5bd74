import { describe, expect, test } from "bun:test";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { ConnectionReport } from "../../src/services/connection-report.ts";
import { ServiceSet } from "../../src/services/service-set.ts";
import { ServiceStartError } from "../../src/services/service-start-error.ts";
import { SMALL_SERVICES } from "../../src/services/small-services.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

const HOSTS = ["127.0.0.1", "::1"];
const PORT_BASE = 10_000;
const ECHO_PORT = 10_007;

interface Started {
  readonly reactor: MemoryReactor;
  readonly set: ServiceSet;
  readonly reports: ConnectionReport[];
}

function serviceSet(
  reactor: MemoryReactor,
  options: { readonly hosts?: readonly string[]; readonly optionalHosts?: readonly string[] } = {},
): Started {
  const reports: ConnectionReport[] = [];
  const set = new ServiceSet(reactor, {
    services: SMALL_SERVICES,
    hosts: options.hosts ?? HOSTS,
    optionalHosts: options.optionalHosts ?? [],
    portBase: PORT_BASE,
    connectionEnded: (report) => reports.push(report),
    wallClock: () => 0,
  });
  return { reactor, set, reports };
}

async function started(): Promise<Started> {
  const all = serviceSet(new MemoryReactor());
  await all.set.start();
  return all;
}

/** Keeps what it gets. */
class RecordingDatagrams extends DatagramProtocol {
  readonly received: string[] = [];

  send(text: string, port: number): void {
    this.transport.write(text, { host: "127.0.0.1", port });
  }

  override datagramReceived(data: Buffer): void {
    this.received.push(data.toString());
  }
}

/** What the reactor has open at these addresses: connecting and binding both fail there. */
async function isFree(reactor: MemoryReactor, host: string, port: number): Promise<boolean> {
  try {
    await using _stream = await reactor.listenTCP({ host, port }, new Factory());
    await using _datagrams = await reactor.listenUDP({ host, port }, new RecordingDatagrams());
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name: "CannotListenError", code: "EADDRINUSE" });
    return false;
  }
}

describe("ServiceSet", () => {
  test("serves each service over TCP and UDP on every host", async () => {
    const { set } = await started();
    const places = set.listeners.map(({ service, transport, addresses }) => {
      return `${service.name} ${transport} ${addresses.map(({ host, port }) => `${host} ${port}`)}`;
    });
    expect(places).toEqual(
      [
        ["echo", 10_007],
        ["discard", 10_009],
        ["daytime", 10_013],
        ["chargen", 10_019],
        ["time", 10_037],
      ].flatMap(([name, port]) => [
        `${name} tcp 127.0.0.1 ${port},::1 ${port}`,
        `${name} udp 127.0.0.1 ${port},::1 ${port}`,
      ]),
    );
  });

  test("reports each connection when it has ended", async () => {
    const { reactor, reports } = await started();
    const client = await reactor.connectTCP(
      { host: "127.0.0.1", port: ECHO_PORT },
      Factory.forProtocol(RecordingProtocol),
    );
    client.connection.write("hi");
    client.connection.loseWriteConnection();
    await client.lost();
    expect(client.received.toString()).toBe("hi");
    const host = client.connection.getHost();
    expect(reports).toEqual([
      expect.objectContaining({ service: "echo", peer: host, bytesReceived: 2, bytesSent: 2 }),
    ]);
  });

  test("counts connections and datagrams", async () => {
    const { reactor, set } = await started();
    const factory = Factory.forProtocol(RecordingProtocol);
    const daytime = await reactor.connectTCP({ host: "::1", port: 10_013 }, factory);
    await daytime.lost();
    const datagrams = new RecordingDatagrams();
    await using _port = await reactor.listenUDP({}, datagrams);
    datagrams.send("one", ECHO_PORT);
    datagrams.send("two", 10_009);
    reactor.flush();
    expect(datagrams.received).toEqual(["one"]);
    expect(set.totals).toEqual({ connections: 1, datagrams: 2 });
  });

  test("no service answers another, so that two of them cannot be made to go on for ever", async () => {
    const reactor = new MemoryReactor();
    const { set } = serviceSet(reactor, { hosts: ["127.0.0.1"] });
    await set.start();
    const pretender = new RecordingDatagrams();
    await using _port = await reactor.listenUDP({ host: "127.0.0.2", port: 10_019 }, pretender);
    pretender.send("hi", ECHO_PORT);
    reactor.flush();
    expect(pretender.received).toEqual([]);
    expect(set.totals.datagrams).toBe(1);
  });

  test("an optional host that the machine lacks is left out and told of", async () => {
    const { set } = serviceSet(new MemoryReactor(), {
      hosts: ["127.0.0.1", "192.0.2.9"],
      optionalHosts: ["192.0.2.9"],
    });
    await set.start();
    expect([...set.missingHosts].map(([host, { code }]) => [host, code])).toEqual([
      ["192.0.2.9", "EADDRNOTAVAIL"],
    ]);
    const hosts = set.listeners.flatMap(({ addresses }) => addresses.map(({ host }) => host));
    expect(new Set(hosts)).toEqual(new Set(["127.0.0.1"]));
  });
});

describe("ServiceSet that cannot start", () => {
  test("names the service, the address and the cause of a taken TCP port", async () => {
    const reactor = new MemoryReactor();
    await reactor.listenTCP({ host: "::1", port: 10_013 }, new Factory());
    const { set } = serviceSet(reactor);
    await expect(set.start()).rejects.toThrow(
      "Cannot start daytime: Cannot listen on tcp [::1]:10013: EADDRINUSE, " +
        "another program has this port",
    );
  });

  test("names them of a taken UDP port", async () => {
    const reactor = new MemoryReactor();
    await reactor.listenUDP({ host: "127.0.0.1", port: 10_037 }, new RecordingDatagrams());
    await expect(serviceSet(reactor).set.start()).rejects.toThrow(
      "Cannot start time: Cannot listen on udp 127.0.0.1:10037: EADDRINUSE",
    );
  });

  test("a host that is not optional must be there", async () => {
    const { set } = serviceSet(new MemoryReactor(), { hosts: ["192.0.2.9"] });
    await expect(set.start()).rejects.toThrow(
      "Cannot start echo: Cannot listen on tcp 192.0.2.9:10007: EADDRNOTAVAIL, " +
        "this machine does not have this address",
    );
  });

  test("leaves nothing open", async () => {
    const reactor = new MemoryReactor();
    await reactor.listenTCP({ host: "::1", port: 10_037 }, new Factory());
    await expect(serviceSet(reactor).set.start()).rejects.toBeInstanceOf(ServiceStartError);
    for (const host of HOSTS) {
      for (const { port } of SMALL_SERVICES) {
        const isTheTaken = host === "::1" && port === 37;
        expect(await isFree(reactor, host, PORT_BASE + port)).toBe(!isTheTaken);
      }
    }
  });
});

describe("ServiceSet.stop", () => {
  test("ends open connections in order and frees every port", async () => {
    const { reactor, set, reports } = await started();
    const factory = Factory.forProtocol(RecordingProtocol);
    const clients = await Promise.all(
      [ECHO_PORT, 10_009, 10_019].map((port) =>
        reactor.connectTCP({ host: "127.0.0.1", port }, factory),
      ),
    );
    await set.stop();
    expect(clients.map((client) => client.reason?.kind)).toEqual(["done", "done", "done"]);
    expect(reports.length).toBe(3);
    expect(await isFree(reactor, "127.0.0.1", ECHO_PORT)).toBe(true);
  });

  test("aborts after a second what does not end", async () => {
    const { reactor, set } = await started();
    const client = await reactor.connectTCP(
      { host: "127.0.0.1", port: ECHO_PORT },
      new Factory(() => new RecordingProtocol({ readConnectionLost: () => undefined })),
    );
    const stopped = set.stop();
    await client.until(() => client.events.includes("readConnectionLost"));
    reactor.advance(999);
    expect(client.reason).toBeNull();
    reactor.advance(1);
    await stopped;
    expect((await client.lost()).kind).toBe("lost");
  });
});
