import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import {
  disableReceiveErrors,
  forceReceiveBuffer,
  forceSendBuffer,
  isolateMulticast,
  socketDrops,
} from "../../src/native/datagram-socket.ts";
import { attachDropFilter, setFilter } from "../../src/native/drop-filter.ts";
import { libcOrNull, loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { setSocketOption } from "../../src/native/socket-options.ts";
import { SocketOptionError } from "../../src/reactor/socket-option.ts";
import { eventually } from "./eventually.ts";
import { DROP_X, lockFilter } from "./filters.ts";
import { openDescriptors } from "./open-descriptors.ts";

interface Receiver {
  readonly socket: Bun.udp.Socket<"buffer">;
  readonly fd: number;
  readonly received: string[];
}

const open: Receiver[] = [];
let before: number;

async function receiver(hostname = "127.0.0.1"): Promise<Receiver> {
  const received: string[] = [];
  const socket = await Bun.udpSocket({
    hostname,
    socket: {
      data: (_, bytes) => void received.push(bytes.toString()),
      error() {},
    },
  });
  const { fd } = socket as unknown as { readonly fd: number };
  const made = { socket, fd, received };
  open.push(made);
  return made;
}

function sendTo(from: Receiver, to: Receiver, text: string): void {
  from.socket.send(text, to.socket.port, "127.0.0.1");
}

const noLibc = libcOrNull() === null;

beforeEach(async () => {
  // The first socket also opens what the loop itself needs.
  (await receiver()).socket.close();
  open.length = 0;
  before = openDescriptors();
});

afterEach(() => {
  for (const { socket } of open.splice(0)) socket.close();
  expect(openDescriptors()).toBeLessThanOrEqual(before);
});

describe.skipIf(noLibc)("the drop filter (needs libc)", () => {
  test("what is sent while it is attached never arrives, and is counted", async () => {
    const to = await receiver();
    const from = await receiver();
    attachDropFilter(to.fd);
    for (const text of ["a", "b", ""]) sendTo(from, to, text);
    await eventually(() => socketDrops(to.fd) === 3);
    setFilter(to.fd, null);
    sendTo(from, to, "after");
    await eventually(() => to.received.length > 0);
    expect(to.received).toEqual(["after"]);
    expect(socketDrops(to.fd)).toBe(3);
  });

  test("what has arrived before is still read", async () => {
    const to = await receiver();
    sendTo(await receiver(), to, "before");
    attachDropFilter(to.fd);
    await eventually(() => to.received.length > 0);
    expect(to.received).toEqual(["before"]);
  });

  test("taking away a filter that is not there does no harm", async () => {
    const to = await receiver();
    setFilter(to.fd, null);
    setFilter(to.fd, attachDropFilter(to.fd));
    setFilter(to.fd, null);
    sendTo(to, to, "through");
    await eventually(() => to.received.length > 0);
    expect(to.received).toEqual(["through"]);
  });

  test("a filter that the socket had is given back as it was", async () => {
    const to = await receiver();
    setFilter(to.fd, DROP_X);
    for (let round = 0; round < 2; round++) {
      const before = attachDropFilter(to.fd);
      expect(before).toEqual(DROP_X);
      sendTo(to, to, "dropped by us");
      setFilter(to.fd, before);
      sendTo(to, to, "x dropped by it");
      sendTo(to, to, `through ${round}`);
      await eventually(() => to.received.length > round);
    }
    expect(to.received).toEqual(["through 0", "through 1"]);
  });

  test("a locked filter is refused with EPERM, and stays", async () => {
    const to = await receiver();
    lockFilter(to.fd);
    expect(() => attachDropFilter(to.fd)).toThrow("EPERM");
    sendTo(to, to, "through");
    await eventually(() => to.received.length > 0);
    expect(() => setFilter(to.fd, DROP_X)).toThrow(SocketOptionError);
  });
});

describe.skipIf(noLibc)("UDP sockets through libc (need libc)", () => {
  test("socketDrops counts what the receive buffer had no room for", async () => {
    const to = await receiver();
    const from = await receiver();
    expect(socketDrops(to.fd)).toBe(0);
    setSocketOption(to.fd, "SO_RCVBUF", 1);
    for (let sent = 0; sent < 50; sent += 1) sendTo(from, to, "x".repeat(1000));
    await eventually(() => to.received.length + socketDrops(to.fd) === 50);
    expect(socketDrops(to.fd)).toBeGreaterThan(0);
  });

  test("disableReceiveErrors: a dead destination does not fail the send after it", async () => {
    const dead = await receiver();
    const { port } = dead.socket;
    dead.socket.close();
    const to = await receiver();
    const from = await receiver();
    disableReceiveErrors(from.fd);
    for (let round = 0; round < 20; round += 1) {
      from.socket.send("lost", port, "127.0.0.1");
      sendTo(from, to, "kept");
    }
    await eventually(() => to.received.length === 20);
    expect(new Set(to.received)).toEqual(new Set(["kept"]));
  });

  test("isolateMulticast: groups that others have joined do not arrive", async () => {
    const group = "239.255.77.1";
    const isolated = await receiver("0.0.0.0");
    const ordinary = await receiver("0.0.0.0");
    const member = await receiver("0.0.0.0");
    const from = await receiver();
    isolateMulticast(isolated.fd);
    member.socket.addMembership(group, "127.0.0.1");
    from.socket.setMulticastInterface("127.0.0.1");
    for (const each of [isolated, ordinary]) {
      from.socket.send("group", each.socket.port, group);
      sendTo(from, each, "own");
    }
    await eventually(() => isolated.received.includes("own") && ordinary.received.includes("own"));
    expect(isolated.received).toEqual(["own"]);
    expect(ordinary.received).toEqual(["group", "own"]);
  });

  test.each(["127.0.0.1", "::"])("both take the IPv4 and the IPv6 socket: %s", async (host) => {
    const { fd } = await receiver(host);
    expect(() => disableReceiveErrors(fd)).not.toThrow();
    expect(() => isolateMulticast(fd)).not.toThrow();
  });

  test.each([
    ["receive", forceReceiveBuffer],
    ["send", forceSendBuffer],
  ])("the %s buffer is twice the size that was asked for", async (_, force) => {
    const { fd } = await receiver();
    expect(force(fd, 100_000)).toBe(200_000);
  });

  test.each([
    ["rmem_max", forceReceiveBuffer],
    ["wmem_max", forceSendBuffer],
  ])("above %s a buffer is as large as we are allowed to make it", async (limit, force) => {
    const most = Number(readFileSync(`/proc/sys/net/core/${limit}`, "utf8"));
    const { fd } = await receiver();
    expect([2 * most, 4 * most]).toContain(force(fd, 2 * most));
  });

  test("1000 datagrams wait in a buffer that is large enough", async () => {
    const to = await receiver();
    const from = await receiver();
    const room = forceReceiveBuffer(to.fd, 8_000_000);
    for (let sent = 0; sent < 1000; sent += 1) sendTo(from, to, "x");
    await eventually(() => to.received.length + socketDrops(to.fd) === 1000);
    // A small datagram takes less than 1024 bytes of the buffer.
    expect(to.received.length).toBeGreaterThanOrEqual(Math.min(1000, Math.floor(room / 1024)));
  });
});

const CALLS: readonly (readonly [string, (fd: number) => unknown])[] = [
  ["disableReceiveErrors", disableReceiveErrors],
  ["isolateMulticast", isolateMulticast],
  ["forceReceiveBuffer", (fd) => forceReceiveBuffer(fd, 1000)],
  ["socketDrops", socketDrops],
  ["attachDropFilter", attachDropFilter],
  ["setFilter", (fd) => setFilter(fd, null)],
];

describe("UDP sockets through libc, refused", () => {
  test.each(CALLS)("%s: without libc it says so", (_, call) => {
    using _absent = replaceLibc(loadLibc([]));
    expect(() => call(3)).toThrow("libc could not be loaded");
    expect(() => call(3)).toThrow(SocketOptionError);
  });

  test.skipIf(noLibc).each(CALLS)("%s: a closed socket is EBADF (needs libc)", (_, call) => {
    expect(() => call(-1)).toThrow(expect.objectContaining({ code: "EBADF" }));
  });
});
