import { describe, expect, test } from "bun:test";
import { mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import {
  ConnectError,
  ConnectingCancelledError,
  DNSLookupError,
} from "../../src/reactor/connect-error.ts";
import { SocketOptionError } from "../../src/reactor/socket-option.ts";
import { settle } from "../transport/scripted-network.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { RawListener } from "../raw-listener.ts";
import { openDatagrams } from "./live-datagrams.ts";
import { LiveServer } from "./live-server.ts";
import { openConnection, SIDES } from "./live-connection.ts";
import { RecordingDatagrams } from "./recording-datagrams.ts";
import { RecordingFactory } from "./recording-factory.ts";

const NO_LIBC = loadLibc(["no-such-library.so"]);

describe.each(SIDES)("BunReactor without libc, %s", (side) => {
  test("an echo that half-closes: data, order, flow and close are the same", async () => {
    using _libc = replaceLibc(NO_LIBC);
    await using live = await openConnection(side, {
      dataReceived: ({ connection }, data) => connection.write(data),
    });
    const { peer, protocol } = live;
    const much = Buffer.alloc(4 * 1_048_576, "0123456789abcdef");
    await peer.send(much);
    peer.sendFIN();
    expect(much.equals(await peer.end())).toBe(true);
    expect(await protocol.lost()).toEqual({ kind: "done" });
    expect(live.logger.reports).toEqual([]);
  });
});

describe("BunReactor without libc", () => {
  test("addresses and port limits are the same", async () => {
    using _libc = replaceLibc(NO_LIBC);
    await using server = await LiveServer.listen({}, { maxConnections: 1 });
    const { peer, protocol } = await server.connection();
    expect(protocol.connection.getPeer()).toMatchObject({ host: "127.0.0.1", port: peer.port });
    expect(protocol.connection.getHost()).toEqual(server.port.host);
    await (await server.connect()).reset();
    expect(server.port.stats).toMatchObject({ accepted: 1, refused: 1 });
  });

  test("the path of a UNIX server that is dead is taken over, with its mode", async () => {
    using _libc = replaceLibc(NO_LIBC);
    const folder = mkdtempSync(join(tmpdir(), "pretzel-"));
    const path = join(folder, "socket");
    const program = `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } });
      process.kill(process.pid, "SIGKILL");`;
    await Bun.spawn([process.execPath, "-e", program]).exited;
    await using server = await LiveServer.listen({}, { path, mode: 0o600 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await server.connection();
    rmSync(folder, { recursive: true });
  });

  test("a connect fails with the same classes, and leaves nothing behind", async () => {
    using _libc = replaceLibc(NO_LIBC);
    const reactor = new BunReactor();
    const factory = new RecordingFactory();
    const dead = new RawListener();
    dead[Symbol.dispose]();
    const before = openDescriptors();
    const refused = reactor.connectTCP({ host: "127.0.0.1", port: dead.port }, factory);
    expect(await refused.catch((e: unknown) => e)).toMatchObject({
      name: "ConnectionRefusedError",
      code: "ECONNREFUSED",
      address: `tcp 127.0.0.1:${dead.port}`,
    });
    expect(openDescriptors()).toBeLessThanOrEqual(before);
    const unknown = reactor.connectTCP({ host: "no-such-host.invalid", port: 7 }, factory);
    expect(await unknown.catch((e: unknown) => e)).toBeInstanceOf(DNSLookupError);
    expect(factory.built).toEqual([]);
  });

  test("a connect that is cancelled ends the socket that opens later", async () => {
    using _libc = replaceLibc(NO_LIBC);
    using listener = new RawListener();
    const controller = new AbortController();
    const { signal } = controller;
    const factory = new RecordingFactory();
    const options = { host: "127.0.0.1", port: listener.port, signal };
    const connecting = new BunReactor().connectTCP(options, factory);
    const outcome = connecting.catch((e: unknown) => e);
    // By then the attempt is under way, and nothing has been heard of it.
    await settle();
    controller.abort();
    expect(await outcome).toBeInstanceOf(ConnectingCancelledError);
    await (await listener.accept()).reset();
    expect(factory.built).toEqual([]);
    expect(factory.uses).toEqual(["start", "stop"]);
  });

  test("datagrams go both ways, and floods of writes are fine", async () => {
    using _libc = replaceLibc(NO_LIBC);
    const protocol = new RecordingDatagrams((p, data, from) => p.socket.write(data, from));
    await using live = await openDatagrams(protocol);
    using peer = await RawDatagramPeer.open();
    for (const text of ["", "one", "x".repeat(60_000)]) {
      peer.send(text, live.port.host.port);
      expect(await peer.receiveText()).toBe(text);
    }
  });

  test("what needs libc says so, and leaves nothing open", async () => {
    using _libc = replaceLibc(NO_LIBC);
    const reactor = new BunReactor();
    const factory = new RecordingFactory();
    const before = openDescriptors();
    const failures = {
      backlog: reactor.listenTCP({ backlog: 7 }, factory),
      unixBacklog: reactor.listenUNIX({ path: "\0pretzel-none", backlog: 7 }, factory),
      listeningDescriptor: reactor.listenTCP({ fd: openSync("/dev/null", "r") }, factory),
      datagramDescriptor: reactor.listenUDP({ fd: 0 }, new RecordingDatagrams()),
      connectedDescriptor: reactor.connectTCP({ fd: openSync("/dev/null", "r") }, factory),
      receiveBuffer: reactor.listenUDP({ receiveBufferBytes: 1 }, new RecordingDatagrams()),
      bindAddress: reactor.connectTCP(
        { host: "127.0.0.1", port: 7, bindAddress: { host: "127.0.0.1" } },
        factory,
      ),
    };
    for (const [name, failure] of Object.entries(failures)) {
      const error: unknown = await failure.catch((e: unknown) => e);
      expect(`${name}: ${error}`).toContain("libc could not be loaded");
      if (name !== "connectedDescriptor") {
        expect(error).toBeInstanceOf(name === "bindAddress" ? ConnectError : CannotListenError);
      }
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
    expect(factory.uses.filter((use) => use === "stop")).toHaveLength(
      factory.uses.filter((use) => use === "start").length,
    );
  });

  test("socket options say that libc is missing, and the connection goes on", async () => {
    await using live = await openConnection("accepted TCP");
    await using datagrams = await openDatagrams();
    const { connection } = live.protocol;
    {
      using _libc = replaceLibc(NO_LIBC);
      for (const target of [connection, datagrams.protocol.socket]) {
        expect(() => target.getSocketOption("SO_RCVBUF")).toThrow(SocketOptionError);
        expect(() => target.setSocketOption("SO_RCVBUF", 10_000)).toThrow("libc could not be");
      }
      connection.setNoDelay(false);
      connection.setKeepAlive(true, 1_000);
    }
    connection.write("fine");
    await live.peer.receives(4);
  });
});
