import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { tcpEndsOf } from "../../src/bun/socket-ends.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { InternetAddress, UNIXAddress } from "../../src/reactor/address.ts";
import { RawListener } from "../raw-listener.ts";
import { RawPeer } from "../raw-peer.ts";
import { hasIPv6 } from "./ipv6-support.ts";
import { abstractName } from "./live-connection.ts";
import { LiveServer } from "./live-server.ts";
import { RecordingFactory } from "./recording-factory.ts";

describe("BunReactor: addresses of an accepted connection", () => {
  test("IPv4: the peer's and our own, as values", async () => {
    await using server = await LiveServer.listen();
    const { peer, protocol } = await server.connection();
    const { connection } = protocol;
    const expected = new InternetAddress("tcp", "127.0.0.1", peer.port);
    expect(connection.getPeer()).toEqual(expected);
    expect(connection.getPeer().equals(expected)).toBe(true);
    expect(connection.getHost()).toEqual(server.port.host);
    expect(server.factory.peers).toEqual([connection.getPeer()]);
  });

  test("IPv4 on all addresses: our own is the one that was connected to", async () => {
    await using server = await LiveServer.listen({}, { host: "0.0.0.0" });
    const { host } = server.port;
    if (host.kind === "unix") throw new Error("A TCP port has a path");
    expect(host.host).toBe("0.0.0.0");
    using _peer = await RawPeer.connect({ hostname: "127.0.0.7", port: host.port });
    const protocol = await server.factory.next();
    expect(protocol.connection.getHost()).toMatchObject({ host: "127.0.0.7", port: host.port });
  });

  // There are systems without IPv6.
  test.skipIf(!hasIPv6)("IPv6: the peer's and our own", async () => {
    await using server = await LiveServer.listen({}, { host: "::1" });
    const { peer, protocol } = await server.connection();
    const { connection } = protocol;
    expect(connection.getPeer()).toEqual(new InternetAddress("tcp", "::1", peer.port));
    expect(connection.getPeer()).toMatchObject({ family: "IPv6" });
    expect(connection.getHost()).toEqual(server.port.host);
    expect(String(server.port.host)).toStartWith("tcp [::1]:");
  });

  // There are systems without IPv6.
  test.skipIf(!hasIPv6)("dual stack: an IPv4 peer is shown by its IPv4 address", async () => {
    await using server = await LiveServer.listen({}, { host: "::" });
    const { host } = server.port;
    if (host.kind === "unix") throw new Error("A TCP port has a path");
    expect(host.host).toBe("::");
    using peer = await RawPeer.connect({ hostname: "127.0.0.1", port: host.port });
    const { connection } = await server.factory.next();
    expect(connection.getPeer()).toEqual(new InternetAddress("tcp", "127.0.0.1", peer.port));
    expect(connection.getHost()).toEqual(new InternetAddress("tcp", "127.0.0.1", host.port));
    using _six = await RawPeer.connect({ hostname: "::1", port: host.port });
    expect((await server.factory.next()).connection.getPeer()).toMatchObject({ host: "::1" });
  });

  // There are systems without IPv6.
  test.skipIf(!hasIPv6)(
    "ipv6Only: an IPv4 peer is refused, and IPv4 may have the port",
    async () => {
      await using server = await LiveServer.listen({}, { host: "::", ipv6Only: true });
      const { host } = server.port;
      if (host.kind === "unix") throw new Error("A TCP port has a path");
      await expect(RawPeer.connect({ hostname: "127.0.0.1", port: host.port })).rejects.toThrow();
      await using _four = await server.reactor.listenTCP(
        { port: host.port },
        new RecordingFactory(),
      );
      using _peer = await RawPeer.connect({ hostname: "::1", port: host.port });
      await server.factory.next();
    },
  );

  test("UNIX: our own is the path, the peer has none", async () => {
    const path = abstractName();
    await using server = await LiveServer.listen({}, { path });
    const { protocol } = await server.connection();
    expect(server.port.host).toEqual(new UNIXAddress(path));
    expect(protocol.connection.getHost().equals(new UNIXAddress(path))).toBe(true);
    expect(protocol.connection.getPeer()).toEqual(new UNIXAddress(""));
    expect(String(protocol.connection.getPeer())).toBe("unix (unnamed)");
  });
});

describe("BunReactor: addresses of a connection we made", () => {
  test.each(hasIPv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"])(
    "TCP to %s: the peer's and our own",
    async (hostname) => {
      using listener = new RawListener({ hostname });
      const factory = new RecordingFactory();
      const options = { host: hostname, port: listener.port };
      const { connection } = await new BunReactor().connectTCP(options, factory);
      expect(connection.getPeer()).toEqual(new InternetAddress("tcp", hostname, listener.port));
      const host = connection.getHost();
      if (host.kind === "unix") throw new Error("A TCP connection has a path");
      expect(host.host).toBe(hostname);
      expect(host.port).toBeGreaterThan(0);
      (await listener.accept()).sendRST();
      await factory.stopped();
      expect(connection.getHost()).toBe(host);
    },
  );

  test("UNIX: the peer is the path, our own end has none", async () => {
    const unix = abstractName();
    using listener = new RawListener({ unix });
    const factory = new RecordingFactory();
    const { connection } = await new BunReactor().connectUNIX({ path: unix }, factory);
    expect(connection.getPeer()).toEqual(new UNIXAddress(unix));
    expect(connection.getHost()).toEqual(new UNIXAddress(""));
    (await listener.accept()).close();
    await factory.stopped();
  });
});

describe("BunReactor: limits of a port", () => {
  test("maxConnections: those above it are closed at once and counted, later ones served", async () => {
    await using server = await LiveServer.listen({}, { maxConnections: 2 });
    const first = await server.connection();
    await server.connection();
    const refused = await server.connect();
    await refused.reset();
    expect(server.port.stats).toMatchObject({ accepted: 2, refused: 1 });
    expect(server.port.connections.size).toBe(2);
    first.peer.sendFIN();
    await first.protocol.lost();
    await server.connection();
    expect(server.port.stats).toMatchObject({ accepted: 3, refused: 1 });
    expect(server.factory.built).toHaveLength(3);
  });

  test("maxConnections counts down on every kind of end", async () => {
    await using server = await LiveServer.listen({}, { maxConnections: 1 });
    const endings = [
      (peer: RawPeer) => peer.sendFIN(),
      (peer: RawPeer) => peer.sendRST(),
      () => server.factory.built.at(-1)?.connection.abortConnection(),
      (peer: RawPeer) => {
        server.factory.built.at(-1)?.connection.loseConnection();
        peer.sendFIN();
      },
    ];
    for (const end of endings) {
      const { peer, protocol } = await server.connection();
      end(peer);
      await protocol.lost();
    }
    expect(server.port.stats).toMatchObject({ accepted: 4, refused: 0 });
  });

  test("reusePort: two ports of one address both accept", async () => {
    await using one = await LiveServer.listen({}, { reusePort: true });
    const { host } = one.port;
    if (host.kind === "unix") throw new Error("A TCP port has a path");
    await using two = await LiveServer.listen({}, { reusePort: true, port: host.port });
    while (one.factory.built.length === 0 || two.factory.built.length === 0) {
      await one.connect();
    }
    expect(two.port.host).toEqual(host);
  });

  test("without reusePort the same address is taken", async () => {
    await using one = await LiveServer.listen({}, { reusePort: true });
    const { host } = one.port;
    if (host.kind === "unix") throw new Error("A TCP port has a path");
    const second = one.reactor.listenTCP({ port: host.port }, new RecordingFactory());
    expect(await second.catch((error: unknown) => error)).toBeInstanceOf(CannotListenError);
  });
});

test("tcpEndsOf: a socket that is reset between the questions for its peer has no ends", () => {
  const here = { fd: -1, localAddress: "127.0.0.1", localPort: 40_000 } as const;
  const there = { remoteAddress: "127.0.0.1", remotePort: 7 } as const;
  expect(tcpEndsOf({ ...here, ...there })).not.toBeNull();
  expect(tcpEndsOf({ ...here, ...there, remotePort: undefined })).toBeNull();
});
