import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { libcOrNull, loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { bindUDP } from "../../src/native/precise-socket.ts";
import { readRaw } from "../../src/native/raw-socket-option.ts";
import { scratchView } from "../../src/native/scratch-memory.ts";
import {
  closeDescriptor,
  duplicate,
  peerName,
  setBacklog,
  socketDomainAndType,
  socketError,
  socketName,
} from "../../src/native/socket-descriptor.ts";
import { openDescriptors } from "./open-descriptors.ts";

let listener: Bun.TCPSocketListener;
let fd: number;

beforeAll(() => {
  listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  fd = (listener as unknown as { readonly fd: number }).fd;
});

afterAll(() => listener.stop(true));

/** The length of a listener's queue, which Linux tells as `tcpi_sacked`. */
function backlogOf(descriptor: number): number {
  readRaw(descriptor, "TCP_INFO", 6, 11, 104);
  return scratchView.getUint32(28, true);
}

describe.skipIf(libcOrNull() === null)("socket descriptors (need libc)", () => {
  test("socketDomainAndType: a TCP listener", () => {
    expect(socketDomainAndType(fd)).toEqual({ domain: "IPv4", type: "stream", listening: true });
  });

  test("socketDomainAndType: a UDP socket of IPv6", () => {
    const socket = bindUDP({ family: "IPv6", host: "::", port: 0 });
    expect(socketDomainAndType(socket.fd)).toEqual({
      domain: "IPv6",
      type: "datagram",
      listening: false,
    });
    closeDescriptor(socket.fd);
  });

  test("socketDomainAndType: a UNIX listener", () => {
    const unix = Bun.listen({ unix: "\0pretzel-socket-descriptor-test", socket: { data() {} } });
    const descriptor = (unix as unknown as { readonly fd: number }).fd;
    expect(socketDomainAndType(descriptor)).toEqual({
      domain: "unix",
      type: "stream",
      listening: true,
    });
    unix.stop(true);
  });

  test("a descriptor that is no socket is ENOTSOCK", () => {
    const file = openSync("/dev/null", "r");
    try {
      expect(() => socketDomainAndType(file)).toThrow(
        `Cannot read an option of descriptor ${file}: ENOTSOCK`,
      );
      expect(() => socketName(file)).toThrow(
        `Cannot read the local address of descriptor ${file}: ENOTSOCK`,
      );
    } finally {
      closeSync(file);
    }
  });

  test.each([
    ["socketDomainAndType", socketDomainAndType],
    ["socketError", socketError],
    ["socketName", socketName],
    ["peerName", peerName],
    ["duplicate", duplicate],
    ["closeDescriptor", closeDescriptor],
    ["setBacklog", (descriptor: number) => setBacklog(descriptor, 1)],
  ])("%s: a closed descriptor is EBADF", (_, call) => {
    expect(() => call(-1)).toThrow(expect.objectContaining({ code: "EBADF" }));
  });

  test("socketName is where a listener listens; it has no peer", () => {
    expect(socketName(fd)).toEqual({ family: "IPv4", host: "127.0.0.1", port: listener.port });
    expect(() => peerName(fd)).toThrow(
      expect.objectContaining({ phase: "getpeername", code: "ENOTCONN" }),
    );
  });

  test("duplicate gives a second descriptor of the same socket, and both are closed", () => {
    const before = openDescriptors();
    const copy = duplicate(fd);
    expect(copy).not.toBe(fd);
    expect(socketName(copy)).toEqual(socketName(fd));
    closeDescriptor(copy);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
    expect(socketName(fd)).toMatchObject({ port: listener.port });
  });

  test("setBacklog changes the queue of a socket that listens already", () => {
    setBacklog(fd, 7);
    expect(backlogOf(fd)).toBe(7);
    setBacklog(fd, 99);
    expect(backlogOf(fd)).toBe(99);
  });

  test("setBacklog on a UDP socket is EOPNOTSUPP", () => {
    const socket = bindUDP({ family: "IPv4", host: "127.0.0.1", port: 0 });
    expect(() => setBacklog(socket.fd, 1)).toThrow(
      expect.objectContaining({ phase: "listen", code: "EOPNOTSUPP" }),
    );
    closeDescriptor(socket.fd);
  });
});

test("socket descriptors: without libc they say so", () => {
  using _ = replaceLibc(loadLibc([]));
  expect(() => duplicate(1)).toThrow("Cannot duplicate a descriptor: libc could not be loaded");
});
