import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { libcOrNull, loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { bindUDP, startConnect } from "../../src/native/precise-socket.ts";
import { readInteger } from "../../src/native/raw-socket-option.ts";
import type { InternetSocketName, SocketName } from "../../src/native/socket-address.ts";
import {
  closeDescriptor,
  peerName,
  socketError,
  socketName,
} from "../../src/native/socket-descriptor.ts";
import { SystemCallError } from "../../src/native/system-call-error.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { eventually } from "./eventually.ts";
import { openDescriptors } from "./open-descriptors.ts";

const modulePath = `${import.meta.dir}/../../src/native/precise-socket.ts`;
const withoutLibc = libcOrNull() === null;

let listener: Bun.TCPSocketListener;

beforeAll(() => {
  listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {}, error() {} } });
});

afterAll(() => listener.stop(true));

function ipv4(host: string, port: number): InternetSocketName {
  return { family: "IPv4", host, port };
}

/** A port of 127.0.0.1 where nothing listens any more. */
function deadPort(): number {
  const once = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  once.stop(true);
  return once.port;
}

function failure(call: () => unknown): SystemCallError {
  try {
    call();
  } catch (error) {
    if (error instanceof SystemCallError) return error;
    throw error;
  }
  throw new Error("It did not fail");
}

/** The flags of an open descriptor, as proc(5) tells them. */
function flagsOf(fd: number): number {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  return Number.parseInt(/^flags:\s+(\d+)/m.exec(text)?.[1] ?? "", 8);
}

describe.skipIf(withoutLibc)("startConnect (needs libc)", () => {
  test("the descriptor does not block and is closed on exec", () => {
    const { fd } = startConnect(ipv4("127.0.0.1", listener.port));
    expect(flagsOf(fd) & 0o2004000).toBe(0o2004000);
    closeDescriptor(fd);
  });

  test("a port without listener: the socket's error is ECONNREFUSED, once", async () => {
    const { fd } = startConnect(ipv4("127.0.0.1", deadPort()));
    let error: string | null = null;
    await eventually(() => (error = socketError(fd)) !== null);
    expect(error as string | null).toBe("ECONNREFUSED");
    expect(socketError(fd)).toBeNull();
    closeDescriptor(fd);
  });

  test("a connection that is made has both names and no error", async () => {
    const { fd } = startConnect(ipv4("127.0.0.1", listener.port));
    await eventually(() => socketError(fd) === null && isConnected(fd));
    expect(peerName(fd)).toEqual(ipv4("127.0.0.1", listener.port));
    expect(socketName(fd)).toMatchObject({ family: "IPv4", host: "127.0.0.1" });
    closeDescriptor(fd);
  });

  test("bindAddress is what the peer sees, and Bun adopts the socket", async () => {
    const seen = Promise.withResolvers<string>();
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: (socket) => seen.resolve(socket.remoteAddress), data() {}, error() {} },
    });
    const { fd } = startConnect(ipv4("127.0.0.1", server.port), ipv4("127.0.0.9", 0));
    const connected = Promise.withResolvers<void>();
    const handlers = { data() {}, drain: () => connected.resolve(), error() {} };
    const adopted = { fd, socket: handlers } as unknown as Bun.TCPSocketConnectOptions;
    const socket = await Bun.connect(adopted);
    await connected.promise;
    expect(await seen.promise).toBe("127.0.0.9");
    expect(socket.remotePort).toBe(server.port);
    socket.terminate();
    server.stop(true);
  });

  test("bindAddress with a port connects from that port", () => {
    const { fd: reserved } = startConnect(ipv4("127.0.0.1", listener.port), ipv4("127.0.0.8", 0));
    const { port } = socketName(reserved) as InternetSocketName;
    closeDescriptor(reserved);
    const { fd } = startConnect(ipv4("127.0.0.1", listener.port), ipv4("127.0.0.7", port));
    expect(socketName(fd)).toEqual(ipv4("127.0.0.7", port));
    closeDescriptor(fd);
  });

  test("bindAddress with port 0 leaves the choice of the port to connect", () => {
    const { fd } = startConnect(ipv4("127.0.0.1", listener.port), ipv4("127.0.0.6", 0));
    const IP_BIND_ADDRESS_NO_PORT = 24;
    expect(readInteger(fd, "IP_BIND_ADDRESS_NO_PORT", 0, IP_BIND_ADDRESS_NO_PORT)).toBe(1);
    closeDescriptor(fd);
  });

  test("a UNIX path that is not there is ENOENT, an abstract name ECONNREFUSED", () => {
    const path = failure(() => startConnect({ family: "unix", path: "/nowhere/at.sock" }));
    expect([path.phase, path.code]).toEqual(["connect", "ENOENT"]);
    const abstract = failure(() => startConnect({ family: "unix", path: "\0nobody" }));
    expect([abstract.phase, abstract.code]).toEqual(["connect", "ECONNREFUSED"]);
  });
});

const AT_ONCE: readonly (readonly [string, string, SocketName, InternetSocketName | undefined])[] =
  [
    ["connect", "ENETUNREACH", ipv4("127.255.255.255", 9), undefined],
    ["bind", "EADDRNOTAVAIL", ipv4("127.0.0.1", 9), ipv4("203.0.113.1", 0)],
    ["bind", "EAFNOSUPPORT", ipv4("127.0.0.1", 9), { family: "IPv6", host: "::1", port: 0 }],
    ["bind", "EINVAL", { family: "IPv6", host: "::1", port: 9 }, ipv4("127.0.0.1", 0)],
  ];

describe.skipIf(withoutLibc)("startConnect that fails at once (needs libc)", () => {
  test.each(AT_ONCE)("in %s with %s, and nothing is left open", (phase, code, to, from) => {
    const before = openDescriptors();
    const error = failure(() => startConnect(to, from));
    expect([error.phase, error.code]).toEqual([phase as never, code]);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("the message says what could not be done", () => {
    expect(failure(() => startConnect(ipv4("127.255.255.255", 9))).message).toBe(
      "Cannot connect to 127.255.255.255:9: ENETUNREACH",
    );
  });

  test("a malformed address is refused, and nothing is left open", () => {
    const before = openDescriptors();
    expect(() => startConnect(ipv4("localhost", 9))).toThrow(InvalidAddressError);
    expect(() => startConnect(ipv4("127.0.0.1", 9), ipv4("any", 0))).toThrow(InvalidAddressError);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("a used-up limit of descriptors is EMFILE, in socket", () => {
    const program = `
      import { startConnect } from ${JSON.stringify(modulePath)};
      try {
        for (;;) startConnect({ family: "IPv4", host: "127.0.0.1", port: ${listener.port} });
      } catch (error) {
        console.log(error.phase, error.code);
        process.exit(0);
      }`;
    const { stdout } = Bun.spawnSync(
      ["sh", "-c", 'ulimit -n 48 && exec "$0" -e "$1"', process.execPath, program],
      { stderr: "inherit" },
    );
    expect(stdout.toString()).toBe("socket EMFILE\n");
  });
});

describe.skipIf(withoutLibc)("bindUDP (needs libc)", () => {
  test("the socket is bound, does not block, and Bun adopts it", async () => {
    const { fd } = bindUDP(ipv4("127.0.0.1", 0));
    expect(flagsOf(fd) & 0o2004000).toBe(0o2004000);
    const { port } = socketName(fd) as InternetSocketName;
    const got = Promise.withResolvers<string>();
    const socket = await Bun.udpSocket({
      fd,
      socket: { data: (_: unknown, bytes: Buffer) => got.resolve(bytes.toString()) },
    } as unknown as Bun.udp.SocketOptions<"buffer">);
    socket.send("to myself", port, "127.0.0.1");
    expect(await got.promise).toBe("to myself");
    socket.close();
  });

  test.each([{ reusePort: true }, { reuseAddress: true }])("%p shares a port", (options) => {
    const first = bindUDP(ipv4("127.0.0.1", 0), options);
    const second = bindUDP(socketName(first.fd) as InternetSocketName, options);
    expect(socketName(second.fd)).toEqual(socketName(first.fd));
    closeDescriptor(first.fd);
    closeDescriptor(second.fd);
  });

  test("a port that is taken is EADDRINUSE, in bind, and nothing is left open", () => {
    const { fd } = bindUDP(ipv4("127.0.0.1", 0));
    const before = openDescriptors();
    const error = failure(() => bindUDP(socketName(fd) as InternetSocketName));
    expect([error.phase, error.code]).toEqual(["bind", "EADDRINUSE"]);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
    closeDescriptor(fd);
  });

  test("ipv6Only leaves the port to IPv4; without it the port is taken", () => {
    const all: InternetSocketName = { family: "IPv6", host: "::", port: 0 };
    const only = bindUDP(all, { ipv6Only: true });
    const { port } = socketName(only.fd) as InternetSocketName;
    const other = bindUDP(ipv4("0.0.0.0", port));
    closeDescriptor(only.fd);
    expect(failure(() => bindUDP({ ...all, port })).code).toBe("EADDRINUSE");
    closeDescriptor(other.fd);
  });

  test("ipv6Only on IPv4 is refused by the system, in setsockopt", () => {
    const error = failure(() => bindUDP(ipv4("127.0.0.1", 0), { ipv6Only: true }));
    expect([error.phase, error.code]).toEqual(["setsockopt", "ENOPROTOOPT"]);
  });
});

test("precise sockets: without libc they say so", () => {
  using _ = replaceLibc(loadLibc([]));
  expect(() => startConnect(ipv4("127.0.0.1", 9))).toThrow(
    "Cannot connect a socket: libc could not be loaded",
  );
  expect(() => bindUDP(ipv4("127.0.0.1", 0))).toThrow(
    "Cannot bind a socket: libc could not be loaded",
  );
});

function isConnected(fd: number): boolean {
  try {
    peerName(fd);
    return true;
  } catch (error) {
    if (error instanceof SystemCallError && error.code === "ENOTCONN") return false;
    throw error;
  }
}
