import { beforeAll, describe, expect, test } from "bun:test";
import { lookup } from "node:dns/promises";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { libcOrNull } from "../../src/native/libc.ts";
import {
  ConnectBindError,
  ConnectError,
  ConnectingCancelledError,
  ConnectionRefusedError,
  DNSLookupError,
  NoProtocol,
  TimeoutError,
} from "../../src/reactor/connect-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import type { ConnectTCPOptions } from "../../src/reactor/reactor.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawListener } from "../raw-listener.ts";
import { UnansweringListener } from "../unanswering-listener.ts";
import { abstractName } from "./live-connection.ts";
import { RecordingFactory } from "./recording-factory.ts";

const withoutLibc = libcOrNull() === null;

/** A port of 127.0.0.1 where nothing listens any more. */
function deadPort(): number {
  using listener = new RawListener();
  return listener.port;
}

// The runtime keeps a descriptor of its own after the first look-up.
beforeAll(async () => void (await lookup("localhost")));

/** Connects, expects it to fail, and returns with what; nothing may be left behind. */
async function failure(options: ConnectTCPOptions): Promise<Error> {
  const before = openDescriptors();
  const factory = new RecordingFactory();
  const outcome = await new BunReactor().connectTCP(options, factory).then(
    () => null,
    (error: unknown) => error,
  );
  expect(openDescriptors()).toBeLessThanOrEqual(before);
  expect(factory.built).toEqual([]);
  expect([[], ["start", "stop"]]).toContainEqual(factory.uses);
  if (outcome instanceof Error) return outcome;
  throw new Error("It connected");
}

describe("BunReactor.connectTCP", () => {
  test("resolves with the protocol after its connectionMade", async () => {
    using listener = new RawListener();
    const protocol = await new BunReactor().connectTCP(
      { host: "127.0.0.1", port: listener.port },
      new RecordingFactory(),
    );
    expect(protocol.events).toEqual(["connectionMade"]);
    protocol.connection.abortConnection();
    await protocol.lost();
  });

  test("a port where nobody listens: ConnectionRefusedError with address and code", async () => {
    const port = deadPort();
    const error = await failure({ host: "127.0.0.1", port });
    expect(error).toBeInstanceOf(ConnectionRefusedError);
    expect(error).toMatchObject({ code: "ECONNREFUSED", address: `tcp 127.0.0.1:${port}` });
    expect(error.message).toBe(`Cannot connect to tcp 127.0.0.1:${port}: ECONNREFUSED`);
  });

  test("a name that does not exist: DNSLookupError with the name", async () => {
    const error = await failure({ host: "no-such-host.invalid", port: 7 });
    expect(error).toBeInstanceOf(DNSLookupError);
    expect(error.message).toContain("no-such-host.invalid");
  });

  test("an empty name: DNSLookupError", async () => {
    expect(await failure({ host: "", port: deadPort() })).toBeInstanceOf(DNSLookupError);
  });

  test("a name: its addresses are tried in turn until one answers", async () => {
    using listener = new RawListener();
    const factory = new RecordingFactory();
    const options = { host: "localhost", port: listener.port };
    const protocol = await new BunReactor().connectTCP(options, factory);
    expect(protocol.connection.getPeer().toString()).toBe(`tcp 127.0.0.1:${listener.port}`);
    protocol.connection.abortConnection();
    await factory.stopped();
  });

  test("a port out of range is refused as it stands", async () => {
    for (const port of [-1, 65_536, 1.5, Number.NaN]) {
      expect(await failure({ host: "127.0.0.1", port })).toBeInstanceOf(InvalidAddressError);
    }
  });

  test("a timeout that is no duration is refused as it stands", async () => {
    for (const timeoutMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const options = { host: "127.0.0.1", port: 7 };
      expect(await failure({ ...options, timeoutMs })).toBeInstanceOf(RangeError);
      expect(await failure({ ...options, closeTimeoutMs: timeoutMs })).toBeInstanceOf(RangeError);
    }
  });

  test("a signal that has aborted: ConnectingCancelledError, and nothing is tried", async () => {
    using listener = new RawListener();
    const signal = AbortSignal.abort("enough");
    const error = await failure({ host: "127.0.0.1", port: listener.port, signal });
    expect(error).toBeInstanceOf(ConnectingCancelledError);
    expect(error.cause).toBe("enough");
  });

  test("a signal that aborts while connecting: ConnectingCancelledError, no protocol is built", async () => {
    using listener = new RawListener();
    const controller = new AbortController();
    const { signal } = controller;
    const outcome = failure({ host: "127.0.0.1", port: listener.port, signal });
    controller.abort(new Error("changed my mind"));
    expect(await outcome).toBeInstanceOf(ConnectingCancelledError);
  });

  test("a signal that aborts after the connect leaves the connection alone", async () => {
    using listener = new RawListener();
    const controller = new AbortController();
    const { signal } = controller;
    const factory = new RecordingFactory();
    const options = { host: "127.0.0.1", port: listener.port, signal };
    const protocol = await new BunReactor().connectTCP(options, factory);
    controller.abort();
    const peer = await listener.accept();
    protocol.connection.write("still here");
    await peer.receives(10);
    peer.sendRST();
    await factory.stopped();
  });

  test("buildProtocol returns null: NoProtocol, the peer sees the end of stream", async () => {
    using listener = new RawListener();
    const options = { host: "127.0.0.1", port: listener.port };
    const connecting = new BunReactor().connectTCP(options, new Factory(() => null));
    expect(await connecting.catch((reason: unknown) => reason)).toBeInstanceOf(NoProtocol);
    expect((await (await listener.accept()).end()).length).toBe(0);
  });

  test("buildProtocol throws: NoProtocol with that cause, and it is logged", async () => {
    using listener = new RawListener();
    const fault = new Error("No more of them");
    const factory = new Factory(() => {
      throw fault;
    });
    const logger = new MemoryLogger();
    const options = { host: "127.0.0.1", port: listener.port };
    const connecting = new BunReactor({ logger }).connectTCP(options, factory);
    const error = await connecting.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NoProtocol);
    expect((error as Error).cause).toBe(fault);
    expect(logger.errors).toEqual([fault]);
    await (await listener.accept()).end();
  });

  test("bytes that the peer sends at once come after connectionMade", async () => {
    using listener = new RawListener();
    const factory = new RecordingFactory();
    const connecting = new BunReactor().connectTCP(
      { host: "127.0.0.1", port: listener.port },
      factory,
    );
    const peer = await listener.accept();
    await peer.send("banner");
    peer.sendFIN();
    const protocol = await connecting;
    await protocol.lost();
    expect(protocol.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
    expect(protocol.received.toString()).toBe("banner");
  });

  test("a hundred connects at once all get through", async () => {
    using listener = new RawListener();
    const reactor = new BunReactor();
    const factory = new RecordingFactory({ connectionMade: (p) => p.connection.write("hi") });
    const options = { host: "127.0.0.1", port: listener.port };
    const connects = Array.from({ length: 100 }, () => reactor.connectTCP(options, factory));
    await Promise.all(connects);
    for (let index = 0; index < 100; index++) {
      const peer = await listener.accept();
      await peer.receives(2);
      peer.sendRST();
    }
    await factory.stopped();
    expect(factory.uses).toEqual(["start", "stop"]);
  });
});

describe.skipIf(withoutLibc)("BunReactor.connectTCP (needs libc)", () => {
  test("nobody answers: TimeoutError after the timeout", async () => {
    using listener = new UnansweringListener();
    const error = await failure({ host: "127.0.0.1", port: listener.port, timeoutMs: 20 });
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toContain("no answer within 20 ms");
  });

  test("nobody answers: a signal ends the attempt, and its descriptor is closed", async () => {
    using listener = new UnansweringListener();
    const controller = new AbortController();
    const { signal } = controller;
    const outcome = failure({ host: "127.0.0.1", port: listener.port, signal });
    setImmediate(() => controller.abort());
    expect(await outcome).toBeInstanceOf(ConnectingCancelledError);
  });

  test("a name whose first address never answers: the next one is used beside it", async () => {
    using silent = new UnansweringListener();
    using listener = new RawListener({ hostname: "127.0.0.2", port: silent.port });
    const before = openDescriptors();
    const factory = new RecordingFactory();
    const resolver = async () => ["127.0.0.1", "127.0.0.2"];
    const options = { host: "two.example", port: silent.port, resolver, attemptDelayMs: 1 };
    const { connection } = await new BunReactor().connectTCP(options, factory);
    expect(connection.getPeer()).toMatchObject({ host: "127.0.0.2" });
    (await listener.accept()).sendRST();
    await factory.stopped();
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("a name whose addresses all fail: every one of them is in the error", async () => {
    const port = deadPort();
    const resolver = async () => ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
    const error = await failure({ host: "three.example", port, resolver });
    expect(error).toBeInstanceOf(ConnectionRefusedError);
    expect(error).toMatchObject({ code: "ECONNREFUSED", address: `tcp three.example:${port}` });
    expect((error.cause as AggregateError).errors).toHaveLength(3);
  });

  test("bindAddress is where the connection comes from", async () => {
    using listener = new RawListener({ hostname: "127.0.0.1" });
    const factory = new RecordingFactory();
    const bindAddress = { host: "127.0.0.9" };
    const options = { host: "127.0.0.1", port: listener.port, bindAddress };
    const protocol = await new BunReactor().connectTCP(options, factory);
    expect(protocol.connection.getHost()).toMatchObject({ kind: "tcp", host: "127.0.0.9" });
    (await listener.accept()).sendRST();
    await factory.stopped();
  });

  test("a bindAddress that is not ours: ConnectBindError", async () => {
    using listener = new RawListener();
    const bindAddress = { host: "192.0.2.1" };
    const error = await failure({ host: "127.0.0.1", port: listener.port, bindAddress });
    expect(error).toBeInstanceOf(ConnectBindError);
    expect(error).toMatchObject({ code: "EADDRNOTAVAIL" });
  });

  test("a bindAddress of another family: ConnectBindError", async () => {
    using listener = new RawListener();
    const bindAddress = { host: "::1" };
    const error = await failure({ host: "127.0.0.1", port: listener.port, bindAddress });
    expect(error).toBeInstanceOf(ConnectBindError);
  });

  test("a bindAddress that is a name is refused as it stands", async () => {
    const bindAddress = { host: "localhost" };
    const error = await failure({ host: "127.0.0.1", port: 7, bindAddress });
    expect(error).toBeInstanceOf(InvalidAddressError);
  });

  test("a bindAddress whose port is taken: ConnectBindError", async () => {
    using taken = new RawListener();
    using listener = new RawListener();
    const bindAddress = { host: "127.0.0.1", port: taken.port };
    const error = await failure({ host: "127.0.0.1", port: listener.port, bindAddress });
    expect(error).toBeInstanceOf(ConnectBindError);
    expect(error).toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("BunReactor.connectUNIX", () => {
  test("a name where nobody listens: ConnectionRefusedError, shown with @", async () => {
    const before = openDescriptors();
    const path = abstractName();
    const connecting = new BunReactor().connectUNIX({ path }, new RecordingFactory());
    const error = await connecting.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectionRefusedError);
    expect((error as Error).message).toContain(`unix @${path.slice(1)}`);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("a path that does not exist: ConnectError with ENOENT", async () => {
    const path = "/no/such/folder/socket";
    const connecting = new BunReactor().connectUNIX({ path }, new RecordingFactory());
    const error = await connecting.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ code: "ENOENT", address: `unix ${path}` });
  });

  test("a path that is too long, or none: a clear error, nothing left behind", async () => {
    const before = openDescriptors();
    for (const path of ["", `/${"x".repeat(200)}`]) {
      const connecting = new BunReactor().connectUNIX({ path }, new RecordingFactory());
      expect(await connecting.catch((reason: unknown) => reason)).toBeInstanceOf(Error);
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("buildProtocol returns null: NoProtocol, the peer sees the end of stream", async () => {
    const unix = abstractName();
    using listener = new RawListener({ unix });
    const connecting = new BunReactor().connectUNIX({ path: unix }, new Factory(() => null));
    expect(await connecting.catch((reason: unknown) => reason)).toBeInstanceOf(NoProtocol);
    await (await listener.accept()).end();
  });
});
