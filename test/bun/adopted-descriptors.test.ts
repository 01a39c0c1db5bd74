import { describe, expect, test } from "bun:test";
import { closeSync, existsSync, fstatSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { libcOrNull } from "../../src/native/libc.ts";
import { bindUDP, startConnect } from "../../src/native/precise-socket.ts";
import { closeDescriptor, duplicate } from "../../src/native/socket-descriptor.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { RawListener } from "../raw-listener.ts";
import { RawPeer } from "../raw-peer.ts";
import { UnansweringListener } from "../unanswering-listener.ts";
import { hasIPv6 } from "./ipv6-support.ts";
import { abstractName } from "./live-connection.ts";
import { LiveServer } from "./live-server.ts";
import { RecordingFactory } from "./recording-factory.ts";

const withoutLibc = libcOrNull() === null;

class EchoDatagrams extends DatagramProtocol {
  override datagramReceived(data: Buffer, address: { host: string; port: number }): void {
    this.transport.write(data, address);
  }
}

/** A descriptor of a listening socket that belongs to nobody yet. */
function listeningDescriptor(where: object = { hostname: "127.0.0.1", port: 0 }): number {
  const listener = Bun.listen({ ...where, socket: { data() {} } } as never);
  const fd = duplicate((listener as unknown as { fd: number }).fd);
  (listener as unknown as { stop(): void }).stop();
  return fd;
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === "EBADF") return false;
    throw error;
  }
}

describe.skipIf(withoutLibc)("BunReactor: adopted descriptors (needs libc)", () => {
  test("a listening TCP socket is served, at its own address, and closed by stopListening", async () => {
    const fd = listeningDescriptor();
    {
      await using server = await LiveServer.listen({}, { fd });
      expect(server.port.host).toMatchObject({ kind: "tcp", host: "127.0.0.1" });
      expect(server.port.fileDescriptor).toBe(fd);
      const { protocol } = await server.connection();
      expect(protocol.connection.getHost()).toEqual(server.port.host);
    }
    expect(isOpen(fd)).toBe(false);
  });

  test("an adopted socket that was stopped cannot listen again, whoever has its number now", async () => {
    const fd = listeningDescriptor();
    await using server = await LiveServer.listen({}, { fd });
    await server.port.stopListening();
    const others = listeningDescriptor();
    expect(others).toBe(fd);
    const starting = server.port.startListening();
    expect(await starting.catch((error: unknown) => error)).toBeInstanceOf(CannotListenError);
    expect(isOpen(others)).toBe(true);
    closeDescriptor(others);
  });

  test("a listening UNIX socket is served, and its path never removed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pretzel-"));
    const path = join(folder, "socket");
    // Made by another process, because its path would go with a listener of this one.
    const maker = Bun.spawn(
      [
        process.execPath,
        "-e",
        `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } });
        process.kill(process.pid, "SIGKILL");`,
      ],
      {},
    );
    await maker.exited;
    expect(existsSync(path)).toBe(true);
    const unix = abstractName();
    const fd = listeningDescriptor({ unix });
    await using server = await LiveServer.listen({}, { fd, path });
    using _peer = await RawPeer.connect({ unix });
    const protocol = await server.factory.next();
    expect(protocol.connection.getHost()).toMatchObject({ kind: "unix", path });
    await server.port.stopListening();
    expect(existsSync(path)).toBe(true);
    expect(isOpen(fd)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  test("a connected TCP socket becomes a connection with its own addresses", async () => {
    using listener = new RawListener();
    const { fd } = startConnect({ family: "IPv4", host: "127.0.0.1", port: listener.port });
    const factory = new RecordingFactory({ connectionMade: (p) => p.connection.write("hello") });
    const protocol = await new BunReactor().connectTCP({ fd }, factory);
    const peer = await listener.accept();
    expect((await peer.receives(5)).toString()).toBe("hello");
    expect(protocol.connection.getPeer()).toMatchObject({ port: listener.port });
    expect(protocol.connection.getHost()).toMatchObject({ host: "127.0.0.1" });
    await peer.send("and back");
    peer.sendFIN();
    expect(await protocol.lost()).toEqual({ kind: "done" });
    expect(protocol.received.toString()).toBe("and back");
    expect(isOpen(fd)).toBe(false);
  });

  test("a connected UNIX socket becomes a connection", async () => {
    const unix = abstractName();
    using listener = new RawListener({ unix });
    const { fd } = startConnect({ family: "unix", path: unix });
    const protocol = await new BunReactor().connectTCP({ fd }, new RecordingFactory());
    const peer = await listener.accept();
    await peer.send("hello");
    await protocol.receives(5);
    protocol.connection.loseConnection();
    await peer.end();
    peer.sendFIN();
    expect(await protocol.lost()).toEqual({ kind: "done" });
    expect(isOpen(fd)).toBe(false);
  });

  for (const family of ["IPv4", "unix"] as const) {
    test(`bytes that waited at an adopted ${family} socket come after connectionMade`, async () => {
      const unix = abstractName();
      using listener = new RawListener(family === "unix" ? { unix } : {});
      const { fd } =
        family === "unix"
          ? startConnect({ family, path: unix })
          : startConnect({ family, host: "127.0.0.1", port: listener.port });
      const peer = await listener.accept();
      await peer.send("early");
      peer.sendFIN();
      const protocol = await new BunReactor().connectTCP({ fd }, new RecordingFactory());
      await protocol.lost();
      expect(protocol.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
      expect(protocol.received.toString()).toBe("early");
    });
  }

  test("a UDP socket is served, at its own address, and closed by stopListening", async () => {
    const { fd } = bindUDP({ family: "IPv4", host: "127.0.0.1", port: 0 });
    const port = await new BunReactor().listenUDP({ fd }, new EchoDatagrams());
    using peer = await RawDatagramPeer.open();
    peer.send("ping", port.host.port);
    expect(await peer.receiveText()).toBe("ping");
    await port.stopListening();
    expect(isOpen(fd)).toBe(false);
  });

  // There are systems without IPv6.
  test.skipIf(!hasIPv6)(
    "a UDP socket that is bound to a mapped address is one of IPv4",
    async () => {
      const { fd } = bindUDP({ family: "IPv6", host: "::ffff:127.0.0.1", port: 0 });
      await using port = await new BunReactor().listenUDP({ fd }, new EchoDatagrams());
      expect(port.host).toMatchObject({ family: "IPv4", host: "127.0.0.1" });
      using peer = await RawDatagramPeer.open();
      peer.send("ping", port.host.port);
      expect(await peer.receiveText()).toBe("ping");
    },
  );

  test("a descriptor of the wrong kind is refused, and still belongs to the caller", async () => {
    using silent = new UnansweringListener();
    using listener = new RawListener();
    const wrong = {
      datagram: bindUDP({ family: "IPv4", host: "127.0.0.1", port: 0 }).fd,
      file: openSync("/dev/null", "r"),
      listening: listeningDescriptor(),
      unixListening: listeningDescriptor({ unix: abstractName() }),
      connected: startConnect({ family: "IPv4", host: "127.0.0.1", port: listener.port }).fd,
      connecting: startConnect({ family: "IPv4", host: "127.0.0.1", port: silent.port }).fd,
    };
    const reactor = new BunReactor();
    const factory = new RecordingFactory();
    const before = openDescriptors();
    for (const [name, fd] of Object.entries(wrong)) {
      if (name !== "listening") {
        const listening = reactor.listenTCP({ fd }, factory);
        expect(await listening.catch((e: unknown) => e)).toBeInstanceOf(CannotListenError);
      }
      if (name !== "unixListening") {
        const listening = reactor.listenUNIX({ fd, path: "/nowhere" }, factory);
        expect(await listening.catch((e: unknown) => e)).toBeInstanceOf(CannotListenError);
      }
      if (name !== "datagram") {
        const listening = reactor.listenUDP({ fd }, new EchoDatagrams());
        expect(await listening.catch((e: unknown) => e)).toBeInstanceOf(CannotListenError);
      }
      if (name !== "connected") {
        await expect(reactor.connectTCP({ fd }, factory)).rejects.toThrow(`escriptor ${fd}`);
      }
      expect(isOpen(fd)).toBe(true);
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
    expect(factory.built).toEqual([]);
    for (const fd of Object.values(wrong)) closeSync(fd);
  });

  test("a pair of descriptors of which one is a folder is refused", async () => {
    const fd = openSync("/", "r");
    const reactor = new BunReactor();
    for (const pair of [
      { fd, outputFd: 1 },
      { fd: 0, outputFd: fd },
    ]) {
      await expect(reactor.connectTCP(pair, new RecordingFactory())).rejects.toThrow("a folder");
    }
    closeSync(fd);
  });

  test("a descriptor that is not open is refused", async () => {
    const fd = openSync("/dev/null", "r");
    closeSync(fd);
    const reactor = new BunReactor();
    const factory = new RecordingFactory();
    const listening = reactor.listenTCP({ fd }, factory);
    expect(await listening.catch((e: unknown) => e)).toBeInstanceOf(CannotListenError);
    const asUNIX = reactor.listenUNIX({ fd, path: "" }, factory);
    await expect(asUNIX).rejects.toThrow(`unix descriptor ${fd}`);
    await expect(reactor.connectTCP({ fd }, factory)).rejects.toThrow();
    const receiving = reactor.listenUDP({ fd }, new EchoDatagrams());
    expect(await receiving.catch((e: unknown) => e)).toBeInstanceOf(CannotListenError);
  });

  test("a socket that this process serves already is refused, and goes on", async () => {
    await using server = await LiveServer.listen();
    const fd = server.port.fileDescriptor;
    const listening = server.reactor.listenTCP({ fd }, new RecordingFactory());
    expect(await listening.catch((e: unknown) => e)).toMatchObject({
      name: "CannotListenError",
      code: "EEXIST",
    });
    await server.connection();
  });
});
