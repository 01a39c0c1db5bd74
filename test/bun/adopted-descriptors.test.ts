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
import type { ConnectOptions } from "../../src/reactor/reactor.ts";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { RawListener } from "../raw-listener.ts";
import { RawPeer } from "../raw-peer.ts";
import { UnansweringListener } from "../unanswering-listener.ts";
import { hasIPv6 } from "./ipv6-support.ts";
import { loopTurns } from "./loop-turns.ts";
import { abstractName, openConnection } from "./live-connection.ts";
import { LiveServer } from "./live-server.ts";
import { RecordingFactory } from "./recording-factory.ts";

const withoutLibc = libcOrNull() === null;

class RefusingFactory extends RecordingFactory {
  override buildProtocol(): null {
    return null;
  }
}

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

  test("a descriptor of the wrong kind is refused, and closed", async () => {
    using silent = new UnansweringListener();
    using listener = new RawListener();
    const tcp = (port: number) => startConnect({ family: "IPv4", host: "127.0.0.1", port }).fd;
    const kinds = {
      datagram: () => bindUDP({ family: "IPv4", host: "127.0.0.1", port: 0 }).fd,
      file: () => openSync("/dev/null", "r"),
      listening: () => listeningDescriptor(),
      unixListening: () => listeningDescriptor({ unix: abstractName() }),
      connected: () => tcp(listener.port),
      connecting: () => tcp(silent.port),
    };
    const factory = new RecordingFactory();
    const reactor = new BunReactor();
    const calls = {
      listenTCP: (fd: number) => reactor.listenTCP({ fd }, factory),
      listenUNIX: (fd: number) => reactor.listenUNIX({ fd, path: "/nowhere" }, factory),
      connectTCP: (fd: number) => reactor.connectTCP({ fd }, factory),
    };
    const right = { listening: "listenTCP", unixListening: "listenUNIX", connected: "connectTCP" };
    for (const [kind, open] of Object.entries(kinds)) {
      for (const [name, call] of Object.entries(calls)) {
        if ((right as Record<string, string>)[kind] === name) continue;
        const fd = open();
        const error: unknown = await call(fd).catch((thrown: unknown) => thrown);
        expect(`${kind} ${name}: ${error}`).toContain(`escriptor ${fd}`);
        expect(isOpen(fd)).toBe(false);
      }
    }
    expect(factory.built).toEqual([]);
  });

  test("a descriptor that cannot be a UDP port is refused, and still belongs to the caller", async () => {
    const wrong = [openSync("/dev/null", "r"), listeningDescriptor()];
    for (const fd of wrong) {
      const listening = new BunReactor().listenUDP({ fd }, new EchoDatagrams());
      expect(await listening.catch((e: unknown) => e)).toBeInstanceOf(CannotListenError);
      expect(isOpen(fd)).toBe(true);
      closeSync(fd);
    }
  });

  class Unwilling extends RecordingFactory {
    override startFactory(): void {
      throw new Error("not today");
    }
  }

  /** Ways for a call to fail whatever its descriptor is. */
  const failures: Readonly<Record<string, () => [ConnectOptions, RecordingFactory?]>> = {
    "its signal has aborted": () => [{ signal: AbortSignal.abort() }],
    "its signal aborts right after": () => {
      const stop = new AbortController();
      queueMicrotask(() => stop.abort());
      return [{ signal: stop.signal }];
    },
    "its timeout is none": () => [{ timeoutMs: -1 }],
    "its close timeout is none": () => [{ closeTimeoutMs: Number.NaN }],
    "its write limits are none": () => [{ writeLimits: { low: 9, high: 1, max: 99 } }],
    "its TLS is of no use": () => [{ tls: { identity: { key: "none", certificate: "none" } } }],
    "its factory does not start": () => [{}, new Unwilling()],
    "its factory refuses": () => [{}, new RefusingFactory()],
  };
  for (const [what, failing] of Object.entries(failures)) {
    test(`a descriptor is closed when the call fails: ${what}`, async () => {
      using listener = new RawListener();
      const reactor = new BunReactor();
      const fd = startConnect({ family: "IPv4", host: "127.0.0.1", port: listener.port }).fd;
      const [options, factory = new RecordingFactory()] = failing();
      const connecting = reactor.connectTCP({ ...options, fd }, factory);
      expect(await connecting.catch((error: unknown) => error)).toBeInstanceOf(Error);
      expect(isOpen(fd)).toBe(false);
    });

    test(`a pair of descriptors is closed when the call fails: ${what}`, async () => {
      const fd = openSync("/dev/null", "r");
      const outputFd = openSync("/dev/null", "w");
      const [options, factory = new RecordingFactory()] = failing();
      const connecting = new BunReactor().connectTCP({ ...options, fd, outputFd }, factory);
      expect(await connecting.catch((error: unknown) => error)).toBeInstanceOf(Error);
      // A read that is under way is given up first.
      while (isOpen(fd)) await loopTurns();
      expect(isOpen(outputFd)).toBe(false);
    });
  }

  for (const [what, options] of Object.entries({
    "its close timeout is none": { closeTimeoutMs: Number.NaN },
    "its TLS is of no use": { tls: { key: "none", certificate: "none" } },
  })) {
    test(`a listening descriptor is closed when the call fails: ${what}`, async () => {
      const [tcp, unix] = [listeningDescriptor(), listeningDescriptor({ unix: abstractName() })];
      const reactor = new BunReactor();
      const factory = new RecordingFactory();
      await reactor.listenTCP({ ...options, fd: tcp }, factory).catch(() => undefined);
      await reactor.listenUNIX({ ...options, fd: unix, path: "" }, factory).catch(() => undefined);
      expect([isOpen(tcp), isOpen(unix)]).toEqual([false, false]);
      expect(factory.uses).toEqual([]);
    });
  }

  test("a pair of descriptors of which one is a folder is refused, and closed", async () => {
    const reactor = new BunReactor();
    for (const paths of [
      ["/", "/dev/null"],
      ["/dev/null", "/"],
    ] as const) {
      const [fd, outputFd] = paths.map((path) => openSync(path, "r")) as [number, number];
      const connecting = reactor.connectTCP({ fd, outputFd }, new RecordingFactory());
      await expect(connecting).rejects.toThrow("a folder");
      expect([isOpen(fd), isOpen(outputFd)]).toEqual([false, false]);
    }
  });

  test("an adopted UNIX listener has the name that it is bound to, where it is given none", async () => {
    const unix = abstractName();
    const fd = listeningDescriptor({ unix });
    await using server = await LiveServer.listen({}, { fd, path: "" });
    expect(server.port.host).toMatchObject({ kind: "unix", path: unix });
    using _peer = await RawPeer.connect({ unix });
    const protocol = await server.factory.next();
    expect(protocol.connection.getHost().toString()).toBe(`unix @${unix.slice(1)}`);
  });

  test("a descriptor that this process serves already as a connection goes on", async () => {
    await using live = await openConnection("connected TCP");
    const { connection } = live.protocol;
    const again = live.reactor.connectTCP(
      { fd: connection.fileDescriptor },
      new RecordingFactory(),
    );
    expect(await again.catch((error: unknown) => error)).toMatchObject({ name: "ConnectError" });
    connection.write("still here");
    await live.peer.receives(10);
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
