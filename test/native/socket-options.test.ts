import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { libcOrNull } from "../../src/native/libc.ts";
import { bindUDP } from "../../src/native/precise-socket.ts";
import { readInteger, writeInteger } from "../../src/native/raw-socket-option.ts";
import { closeDescriptor } from "../../src/native/socket-descriptor.ts";
import { SOCKET_OPTION_NAMES } from "../../src/native/socket-option-table.ts";
import { getSocketOption, setSocketOption } from "../../src/native/socket-options.ts";
import { SocketOptionError, type SocketOptionName } from "../../src/reactor/socket-option.ts";

const withoutLibc = libcOrNull() === null;
const hasIPv6 = (networkInterfaces()["lo"] ?? []).some(({ address }) => address === "::1");

let listener: Bun.TCPSocketListener;
let client: Bun.Socket;
let datagrams: Bun.udp.Socket<"buffer">;

beforeAll(async () => {
  const socket = { data() {}, error() {} };
  listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket });
  client = await Bun.connect({ hostname: "127.0.0.1", port: listener.port, socket });
  datagrams = await Bun.udpSocket({ hostname: "127.0.0.1", socket: { data() {} } });
});

afterAll(() => {
  client.terminate();
  listener.stop(true);
  datagrams.close();
});

function descriptorOf(socket: object): number {
  const { fd } = socket as { readonly fd: number };
  expect(fd).toBeGreaterThan(0);
  return fd;
}

const SWITCHES = [
  "SO_REUSEADDR",
  "SO_REUSEPORT",
  "SO_KEEPALIVE",
  "SO_BROADCAST",
  "SO_DONTROUTE",
  "SO_OOBINLINE",
  "TCP_NODELAY",
] as const;

/** What is set, and what the system then reports where that is something else. */
const NUMBERS = [
  ["SO_RCVBUF", 40_000, 80_000],
  ["SO_SNDBUF", 50_000, 100_000],
  ["TCP_MAXSEG", 1000, 1000],
  ["TCP_KEEPIDLE", 33, 33],
  ["TCP_KEEPIDLE", 32_767, 32_767],
  ["TCP_KEEPINTVL", 11, 11],
  ["TCP_KEEPCNT", 127, 127],
  ["TCP_USER_TIMEOUT", 12_345, 12_345],
  ["TCP_USER_TIMEOUT", 0, 0],
  ["IP_TOS", 0x10, 0x10],
  ["IP_TTL", 1, 1],
  ["IP_TTL", 255, 255],
] as const;

describe.skipIf(withoutLibc)("socket options (need libc)", () => {
  test.each(SWITCHES)("%s is on after true and off after false", (name) => {
    const fd = descriptorOf(listener);
    setSocketOption(fd, name, true);
    expect(getSocketOption(fd, name)).toBe(true);
    setSocketOption(fd, name, false);
    expect(getSocketOption(fd, name)).toBe(false);
  });

  test.each(NUMBERS)("%s set to %d is reported as %d", (name, value, reported) => {
    const fd = descriptorOf(listener);
    setSocketOption(fd, name, value);
    expect(getSocketOption(fd, name)).toBe(reported);
  });

  test.each(["SO_BROADCAST", "SO_REUSEPORT"] as const)("%s is there for datagrams too", (name) => {
    const fd = descriptorOf(datagrams);
    setSocketOption(fd, name, true);
    expect(getSocketOption(fd, name)).toBe(true);
  });

  test("SO_BINDTODEVICE takes the name of an interface", () => {
    const { fd } = bindUDP({ family: "IPv4", host: "127.0.0.1", port: 0 });
    expect(getSocketOption(fd, "SO_BINDTODEVICE")).toBe("");
    setSocketOption(fd, "SO_BINDTODEVICE", "lo");
    expect(getSocketOption(fd, "SO_BINDTODEVICE")).toBe("lo");
    closeDescriptor(fd);
  });

  test.skipIf(process.getuid?.() !== 0)("SO_BINDTODEVICE is undone by none (as root)", () => {
    const { fd } = bindUDP({ family: "IPv4", host: "127.0.0.1", port: 0 });
    setSocketOption(fd, "SO_BINDTODEVICE", "lo");
    setSocketOption(fd, "SO_BINDTODEVICE", "");
    expect(getSocketOption(fd, "SO_BINDTODEVICE")).toBe("");
    closeDescriptor(fd);
  });

  test("TCP_CONGESTION takes the name of an algorithm", () => {
    const fd = descriptorOf(client);
    setSocketOption(fd, "TCP_CONGESTION", "reno");
    expect(getSocketOption(fd, "TCP_CONGESTION")).toBe("reno");
  });

  test("SO_LINGER takes whether and how long; off keeps the seconds of before", () => {
    const fd = descriptorOf(listener);
    for (const seconds of [0, 5, 65_535]) {
      setSocketOption(fd, "SO_LINGER", { on: true, seconds });
      expect(getSocketOption(fd, "SO_LINGER")).toEqual({ on: true, seconds });
    }
    setSocketOption(fd, "SO_LINGER", { on: false, seconds: 0 });
    expect(getSocketOption(fd, "SO_LINGER")).toEqual({ on: false, seconds: 65_535 });
  });

  test("TCP_INFO tells the state: 1 for a connection, 10 for a listener", () => {
    const info = getSocketOption(descriptorOf(client), "TCP_INFO");
    expect(info.state).toBe(1);
    expect(info.sendMss).toBeGreaterThan(0);
    expect(info.pathMtu).toBeGreaterThanOrEqual(info.sendMss);
    expect(info.sendCongestionWindow).toBeGreaterThan(0);
    expect(info.totalRetrans).toBe(0);
    expect(getSocketOption(descriptorOf(listener), "TCP_INFO").state).toBe(10);
  });

  test("every option of the table is read or refused, none is forgotten", () => {
    for (const name of SOCKET_OPTION_NAMES) {
      if (name === "SO_RCVTIMEO" || name === "SO_SNDTIMEO") continue;
      expect(getSocketOption(descriptorOf(client), name)).toBeDefined();
    }
  });
});

describe.skipIf(withoutLibc || !hasIPv6)("socket options of IPv6 (need libc and ::1)", () => {
  test.each([
    ["IP_TOS", 0x20, 67, 1],
    ["IP_TTL", 9, 16, 2],
  ] as const)("%s is the IPv6 option, and sets the IPv4 one too", (name, value, ipv6, ipv4) => {
    const server = Bun.listen({ hostname: "::1", port: 0, socket: { data() {} } });
    try {
      const fd = descriptorOf(server);
      setSocketOption(fd, name, value);
      expect(getSocketOption(fd, name)).toBe(value);
      expect(readInteger(fd, "IPv6", 41, ipv6)).toBe(value);
      expect(readInteger(fd, "IPv4", 0, ipv4)).toBe(value);
      writeInteger(fd, "IPv4", 0, ipv4, 64);
      expect(getSocketOption(fd, name)).toBe(value);
    } finally {
      server.stop(true);
    }
  });
});

function refusal(call: () => unknown): SocketOptionError {
  try {
    call();
  } catch (error) {
    if (error instanceof SocketOptionError) return error;
    throw error;
  }
  throw new Error("It was not refused");
}

describe.skipIf(withoutLibc)("socket options that are refused (need libc)", () => {
  test.each(["SO_RCVTIMEO", "SO_SNDTIMEO"] as const)("%s, with the reason", (name) => {
    const fd = descriptorOf(client);
    const errors = [
      refusal(() => getSocketOption(fd, name)),
      refusal(() => setSocketOption(fd, name, 1 as never)),
    ];
    for (const error of errors) {
      expect(error.message).toContain("never block; use a timeout of the reactor");
      expect(error.option).toBe(name);
      expect(error.code).toBeUndefined();
    }
  });

  test("TCP_INFO can only be read", () => {
    const fd = descriptorOf(client);
    const info = getSocketOption(fd, "TCP_INFO");
    expect(refusal(() => setSocketOption(fd, "TCP_INFO", info)).message).toBe(
      "Socket option TCP_INFO: it can only be read",
    );
  });

  test("an option of another kind of socket, with the system's code", () => {
    const fd = descriptorOf(datagrams);
    const error = refusal(() => getSocketOption(fd, "TCP_NODELAY"));
    expect(error.code).toBe("EOPNOTSUPP");
    expect(error.message).toBe(
      "Socket option TCP_NODELAY: the system refused to read it: EOPNOTSUPP",
    );
  });

  test("an interface or algorithm there is not, with the system's code", () => {
    const fd = descriptorOf(client);
    expect(refusal(() => setSocketOption(fd, "SO_BINDTODEVICE", "none0")).code).toBe("ENODEV");
    expect(refusal(() => setSocketOption(fd, "TCP_CONGESTION", "none")).code).toBe("ENOENT");
  });

  test("a closed socket", () => {
    const error = refusal(() => getSocketOption(-1, "TCP_NODELAY"));
    expect(error.message).toBe("Socket option TCP_NODELAY: the socket is closed");
    expect(error.code).toBe("EBADF");
    expect(refusal(() => setSocketOption(-1, "SO_LINGER", { on: true, seconds: 1 })).code).toBe(
      "EBADF",
    );
  });

  test("a socket of Bun's that has been closed", async () => {
    const socket = await Bun.udpSocket({ hostname: "127.0.0.1", socket: { data() {} } });
    socket.close();
    const { fd } = socket as unknown as { readonly fd: number };
    expect(refusal(() => getSocketOption(fd, "SO_RCVBUF")).code).toBe("EBADF");
  });

  test("a name that is no option", () => {
    for (const name of ["SO_NONSENSE", "toString", ""]) {
      expect(() => getSocketOption(1, name as SocketOptionName)).toThrow(TypeError);
    }
  });
});
