import { describe, expect } from "bun:test";
import { inspect } from "node:util";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { Reactor } from "../../src/reactor/reactor.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";
import {
  connect,
  type ContractSkips,
  contractTest,
  type MakeEnvironment,
  pattern,
  rejection,
} from "./contract-environment.ts";

class Echo extends Protocol {}

class Echoes extends DatagramProtocol {}

const FACTORY = Factory.forProtocol(Echo);
const TARGET = { host: "127.0.0.1", port: 9 };

/** More, in chunks of a megabyte, than any kernel takes from a program at once. */
const MAX_CHUNKS = 40;

type Method = "listenTCP" | "connectTCP" | "listenUNIX" | "connectUNIX" | "listenUDP";

/** The last argument of each method, as it should be. */
const SERVED: Readonly<Record<Method, unknown>> = {
  listenTCP: FACTORY,
  connectTCP: FACTORY,
  listenUNIX: FACTORY,
  connectUNIX: FACTORY,
  listenUDP: new Echoes(),
};

/** Options that are none, and what is said about them. */
const REFUSED_OPTIONS: readonly (readonly [Method, unknown, "type" | "range", string])[] = [
  [
    "listenTCP",
    8080,
    "type",
    "listenTCP: the options are 8080; an object with some of host, port,",
  ],
  ["listenTCP", undefined, "type", "listenTCP: the options are undefined;"],
  ["listenTCP", null, "type", "listenTCP: the options are null;"],
  ["listenTCP", [8080], "type", "listenTCP: the options are [ 8080 ];"],
  [
    "listenTCP",
    { prot: 8080 },
    "type",
    'listenTCP: there is no option "prot"; an object with some',
  ],
  ["listenTCP", { port: "8080" }, "type", 'listenTCP: port is "8080"; a whole number from 0 to'],
  ["listenTCP", { host: 7 }, "type", "listenTCP: host is 7; a string is needed"],
  ["listenTCP", { backlog: "5" }, "type", 'listenTCP: backlog is "5"; a whole number from 1 to'],
  ["listenTCP", { backlog: 0.5 }, "range", "listenTCP: backlog is 0.5; a whole number from 1 to"],
  [
    "listenTCP",
    { maxConnections: Number.NaN },
    "range",
    "listenTCP: maxConnections is NaN; a whole",
  ],
  ["listenTCP", { maxConnections: -1 }, "range", "listenTCP: maxConnections is -1; a whole number"],
  [
    "listenTCP",
    { ipv6Only: "yes" },
    "type",
    'listenTCP: ipv6Only is "yes"; true or false is needed',
  ],
  ["listenTCP", { reusePort: 1 }, "type", "listenTCP: reusePort is 1; true or false is needed"],
  ["listenTCP", { fd: -1 }, "range", "listenTCP: fd is -1; a whole number of at least 0 is needed"],
  ["listenTCP", { tls: true }, "type", "listenTCP: tls is true; an object is needed"],
  [
    "listenTCP",
    { writeMode: "now" },
    "type",
    'writeMode is "now"; "buffered" or "immediate" is needed',
  ],
  [
    "listenTCP",
    { closeTimeoutMs: "1" },
    "type",
    'closeTimeoutMs is "1"; a finite number of at least 0',
  ],
  [
    "listenTCP",
    { closeTimeoutMs: -1 },
    "range",
    "closeTimeoutMs is -1; a finite number of at least 0",
  ],
  [
    "listenTCP",
    { writeLimits: 1e9 },
    "type",
    "listenTCP: writeLimits: the options are 1000000000;",
  ],
  [
    "listenTCP",
    { writeLimits: { hihg: 1 } },
    "type",
    'listenTCP: writeLimits: there is no option "hihg"',
  ],
  [
    "listenTCP",
    { writeLimits: { high: "1" } },
    "type",
    'listenTCP: writeLimits: high is "1"; a number',
  ],
  [
    "listenTCP",
    { writeLimits: { max: 1 } },
    "range",
    "low 16384, high 65536, max 1 are not 0 <= low",
  ],
  [
    "connectTCP",
    "127.0.0.1:9",
    "type",
    'connectTCP: the options are "127.0.0.1:9"; an object with',
  ],
  ["connectTCP", {}, "type", "connectTCP: host is undefined; a string is needed"],
  [
    "connectTCP",
    { host: "a" },
    "type",
    "connectTCP: port is undefined; a whole number from 0 to 65535",
  ],
  [
    "connectTCP",
    { ...TARGET, timeout: 5 },
    "type",
    'connectTCP: there is no option "timeout"; an object',
  ],
  [
    "connectTCP",
    { ...TARGET, timeoutMs: "5" },
    "type",
    'connectTCP: timeoutMs is "5"; a finite number',
  ],
  [
    "connectTCP",
    { ...TARGET, timeoutMs: Number.NaN },
    "range",
    "connectTCP: timeoutMs is NaN; a finite",
  ],
  [
    "connectTCP",
    { ...TARGET, signal: {} },
    "type",
    "connectTCP: signal is {}; an AbortSignal is needed",
  ],
  [
    "connectTCP",
    { ...TARGET, bindAddress: "::1" },
    "type",
    'bindAddress: the options are "::1"; an object',
  ],
  [
    "connectTCP",
    { ...TARGET, bindAddress: { port: 1 } },
    "type",
    "bindAddress: host is undefined; a",
  ],
  [
    "connectTCP",
    { ...TARGET, tls: "yes" },
    "type",
    'connectTCP: tls is "yes"; an object is needed',
  ],
  [
    "connectTCP",
    { fd: "0" },
    "type",
    'connectTCP: fd is "0"; a whole number of at least 0 is needed',
  ],
  [
    "connectTCP",
    { fd: 0, outputFd: 1.5 },
    "range",
    "connectTCP: outputFd is 1.5; a whole number of",
  ],
  [
    "connectTCP",
    { fd: 0, host: "a" },
    "type",
    'connectTCP: there is no option "host"; an object with',
  ],
  ["listenUNIX", {}, "type", "listenUNIX: path is undefined; a string is needed"],
  [
    "listenUNIX",
    { path: "/run/a", mode: "660" },
    "type",
    'listenUNIX: mode is "660"; a whole number from',
  ],
  [
    "listenUNIX",
    { path: "/run/a", mode: 0o10000 },
    "range",
    "listenUNIX: mode is 4096; a whole number",
  ],
  [
    "connectUNIX",
    "/run/a",
    "type",
    'connectUNIX: the options are "/run/a"; an object with some of path',
  ],
  [
    "connectUNIX",
    { path: ["/run/a"] },
    "type",
    "connectUNIX: path is [ '/run/a' ]; a string is needed",
  ],
  ["listenUDP", 53, "type", "listenUDP: the options are 53; an object with some of host, port,"],
  [
    "listenUDP",
    { perAddress: "yes" },
    "type",
    'listenUDP: perAddress is "yes"; true or false is needed',
  ],
  [
    "listenUDP",
    { whenFull: "wait" },
    "type",
    'listenUDP: whenFull is "wait"; "drop" or "queue" is needed',
  ],
  [
    "listenUDP",
    { receiveBufferBytes: "1" },
    "type",
    'receiveBufferBytes is "1"; a whole number from 1',
  ],
  [
    "listenUDP",
    { receiveBudgetMs: Number.NaN },
    "range",
    "receiveBudgetMs is NaN; a number of at least",
  ],
];

/** What is no factory or protocol, and what is said about it. */
const REFUSED_SERVED: readonly (readonly [Method, unknown, string])[] = [
  [
    "listenTCP",
    Echo,
    "listenTCP: the factory is [class Echo extends Protocol]; Factory.forProtocol(Echo)",
  ],
  ["listenTCP", () => new Echo(), "listenTCP: the factory is [Function"],
  ["listenTCP", undefined, "listenTCP: the factory is undefined; a Factory is needed"],
  ["listenTCP", {}, "listenTCP: the factory is {}; a Factory is needed"],
  [
    "connectTCP",
    Echo,
    "connectTCP: the factory is [class Echo extends Protocol]; Factory.forProtocol(Echo)",
  ],
  ["connectTCP", new Echo(), "connectTCP: the factory is Echo {"],
  ["listenUNIX", null, "listenUNIX: the factory is null; a Factory is needed"],
  ["connectUNIX", "echo", 'connectUNIX: the factory is "echo"; a Factory is needed'],
  [
    "listenUDP",
    Echoes,
    "listenUDP: the protocol is [class Echoes extends DatagramProtocol]; new Echoes()",
  ],
  ["listenUDP", FACTORY, "listenUDP: the protocol is Factory {"],
];

/** Good options of each method. */
const GOOD: Readonly<Record<Method, unknown>> = {
  listenTCP: { port: 0 },
  connectTCP: TARGET,
  listenUNIX: { path: "/run/a" },
  connectUNIX: { path: "/run/a" },
  listenUDP: {},
};

/** Calls a method as a program without types does. */
function call(reactor: Reactor, method: Method, options: unknown, served: unknown) {
  return (reactor[method] as (a: unknown, b: unknown) => Promise<unknown>)(options, served);
}

function inline(value: unknown): string {
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY });
}

/** What a reactor refuses where it is given, since Bun checks no types when a program runs. */
export function optionsContract(name: string, make: MakeEnvironment, skips: ContractSkips) {
  describe(`${name}: options and factories`, () => {
    const test = contractTest(make, skips);

    for (const [method, options, kind, message] of REFUSED_OPTIONS) {
      test(`${method}(${inline(options)}) is refused in one sentence`, async ({ reactor }) => {
        const error = await rejection(call(reactor, method, options, SERVED[method]));
        expect(error).toBeInstanceOf(kind === "type" ? TypeError : RangeError);
        expect((error as Error).message).toContain(message);
      });
    }

    for (const [method, served, message] of REFUSED_SERVED) {
      test(`${method}(..., ${inline(served)}) is refused in one sentence`, async (env) => {
        const error = await rejection(call(env.reactor, method, GOOD[method], served));
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toContain(message);
      });
    }

    test("an option that is undefined is one that is left out", async ({ reactor, host }) => {
      const options = { host, port: undefined, writeLimits: undefined, fd: undefined } as never;
      await using port = await reactor.listenTCP(options, FACTORY);
      await reactor.connectTCP({ host, port: port.host.port, fd: undefined } as never, FACTORY);
    });

    test("some write limits are completed by the defaults", async (env) => {
      const client = new RecordingProtocol();
      const server = new RecordingProtocol({
        connectionMade: (me) => me.connection.pauseProducing(),
      });
      await connect(env, client, server, { writeLimits: { max: 1e9 } });
      const chunk = pattern(1_000_000);
      let count = 1;
      // What the kernel takes is not counted, and it takes some megabytes.
      while (client.connection.write(chunk) && count < MAX_CHUNKS) count++;
      expect(count).toBeLessThan(MAX_CHUNKS);
      server.connection.resumeProducing();
      await client.connection.drained();
      await server.receives(count * chunk.length);
    });

    test("callLater takes a number and a function, and nothing else", async ({ reactor }) => {
      const later = reactor.callLater.bind(reactor) as (...args: unknown[]) => unknown;
      expect(() => later("5", () => undefined)).toThrow(TypeError);
      expect(() => later(5)).toThrow(
        new TypeError("callLater: call is undefined; a function is needed"),
      );
      expect(() => later(-1, () => undefined)).toThrow(
        new RangeError("callLater: delayMs is -1; a finite number of at least 0 is needed"),
      );
    });

    test("callWhenRunning and addSystemEventTrigger refuse what they cannot call", async (env) => {
      const { reactor } = env;
      const when = reactor.callWhenRunning.bind(reactor) as (...args: unknown[]) => unknown;
      const add = reactor.addSystemEventTrigger.bind(reactor) as (...args: unknown[]) => unknown;
      expect(() => when("call")).toThrow('callWhenRunning: call is "call"; a function is needed');
      expect(() => add("before", "shutdown")).toThrow("call is undefined; a function is needed");
      expect(() => add("later", "shutdown", () => undefined)).toThrow(
        'phase is "later"; "before" or "during" or "after" is needed',
      );
      expect(() => add("before", "startup", () => undefined)).toThrow(
        'event is "startup"; "shutdown" is needed',
      );
    });
  });
}
