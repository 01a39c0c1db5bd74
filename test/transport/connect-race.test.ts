import { describe, expect, test } from "bun:test";
import type { InternetAddress } from "../../src/reactor/address.ts";
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
import { Protocol } from "../../src/reactor/protocol.ts";
import type { ConnectTCPOptions } from "../../src/reactor/reactor.ts";
import { RecordingProtocol } from "./recording-protocol.ts";
import { type ScriptedHost, ScriptedNetwork, settle } from "./scripted-network.ts";

const PORT = 80;

class Quiet extends Protocol {
  get peer(): string {
    return (this.transport.getPeer() as InternetAddress).host;
  }
}

/** A network with a server at each host, and a connect by a name that stands for all of them. */
async function connecting(
  hosts: readonly ScriptedHost[],
  options: Partial<ConnectTCPOptions> & { readonly factory?: Factory<Quiet> } = {},
  signal?: AbortSignal,
) {
  const network = new ScriptedNetwork(hosts);
  const servers: RecordingProtocol[] = [];
  const serving = new Factory(() => {
    const server = new RecordingProtocol();
    servers.push(server);
    return server;
  });
  for (const { host } of hosts) await network.listenTCP({ host, port: PORT }, serving);
  const { factory = Factory.forProtocol(Quiet), ...rest } = options;
  const resolver = async () => hosts.map(({ host }) => host);
  const where = { host: "example.org", port: PORT, resolver, ...rest };
  const outcome: { connected?: string; error?: unknown; atMs?: number } = {};
  network.connectTCP(signal === undefined ? where : { ...where, signal }, factory).then(
    (protocol) => Object.assign(outcome, { connected: protocol.peer, atMs: network.now() }),
    (error: unknown) => Object.assign(outcome, { error, atMs: network.now() }),
  );
  return { network, servers, outcome };
}

const HANGS = (host: string): ScriptedHost => ({ host, result: "hang", afterMs: 0 });
const CONNECTS = (host: string, afterMs: number): ScriptedHost => {
  return { host, result: "connect", afterMs };
};
const FAILS = (host: string, afterMs: number): ScriptedHost => ({ host, result: "fail", afterMs });

describe("connectTCP to a name", () => {
  test("statement 40: the second address is tried after 250 ms, or at once on failure", async () => {
    const slow = await connecting([HANGS("10.0.0.1"), CONNECTS("10.0.0.2", 10)]);
    await slow.network.advance(1_000);
    expect(slow.network.attempts).toEqual([
      ["10.0.0.1", 0],
      ["10.0.0.2", 250],
    ]);
    const failing = await connecting([FAILS("10.0.0.1", 20), CONNECTS("10.0.0.2", 10)]);
    await failing.network.advance(1_000);
    expect(failing.network.attempts).toEqual([
      ["10.0.0.1", 0],
      ["10.0.0.2", 20],
    ]);
    expect(failing.outcome).toMatchObject({ connected: "10.0.0.2", atMs: 30 });
  });

  test("statement 40: the loser is cancelled, and builds no protocol", async () => {
    let built = 0;
    const factory = new Factory(() => {
      built++;
      return new Quiet();
    });
    const hosts = [CONNECTS("10.0.0.1", 300), CONNECTS("10.0.0.2", 10)];
    const { network, outcome, servers } = await connecting(hosts, { factory });
    await network.advance(1_000);
    expect(outcome).toMatchObject({ connected: "10.0.0.2", atMs: 260 });
    expect(network.cancelled).toEqual(["10.0.0.1"]);
    expect(built).toBe(1);
    expect(servers.length).toBe(1);
  });

  test("statement 40: a loser that connects all the same is closed", async () => {
    const stubborn = { ...CONNECTS("10.0.0.1", 300), isStubborn: true };
    const hosts = [stubborn, CONNECTS("10.0.0.2", 10)];
    const { network, outcome, servers } = await connecting(hosts);
    await network.advance(1_000);
    expect(outcome).toMatchObject({ connected: "10.0.0.2", atMs: 260 });
    expect(servers.length).toBe(2);
    const open = servers.filter((server) => !server.events.includes("connectionLost"));
    expect(open.length).toBe(1);
  });

  test("statement 40: a name without an address is a DNSLookupError", async () => {
    const { network, outcome } = await connecting([]);
    await network.advance(10);
    expect(outcome.error).toBeInstanceOf(DNSLookupError);
    expect(outcome.error).toMatchObject({ address: "tcp example.org:80" });
  });

  test("a lookup that fails is a DNSLookupError with its code and cause", async () => {
    const cause = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
    const { outcome } = await connecting([], { resolver: () => Promise.reject(cause) });
    await settle();
    expect(outcome.error).toBeInstanceOf(DNSLookupError);
    expect(outcome.error).toMatchObject({ code: "ENOTFOUND", cause });
  });

  test("a resolver that throws fails as one that rejects", async () => {
    const cause = new Error("no resolver is set up");
    const resolver = () => {
      throw cause;
    };
    const { outcome } = await connecting([], { resolver });
    await settle();
    expect(outcome.error).toBeInstanceOf(DNSLookupError);
    expect(outcome.error).toMatchObject({ cause });
  });

  test("the families are tried in turn, beginning with that of the first address", async () => {
    const hosts = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "10.0.0.1", "10.0.0.2"].map(HANGS);
    const { network } = await connecting(hosts, { timeoutMs: 10_000 });
    await network.advance(2_000);
    expect(network.attempts.map(([host]) => host)).toEqual([
      "2001:db8::1",
      "10.0.0.1",
      "2001:db8::2",
      "10.0.0.2",
      "2001:db8::3",
    ]);
    expect(network.attempts.map(([, at]) => at)).toEqual([0, 250, 500, 750, 1_000]);
  });

  test("a failure beside an attempt that hangs brings the next one at once", async () => {
    const hosts = [HANGS("10.0.0.1"), FAILS("10.0.0.2", 50), CONNECTS("10.0.0.3", 5)];
    const { network, outcome } = await connecting(hosts);
    await network.advance(1_000);
    expect(network.attempts).toEqual([
      ["10.0.0.1", 0],
      ["10.0.0.2", 250],
      ["10.0.0.3", 300],
    ]);
    expect(outcome).toMatchObject({ connected: "10.0.0.3" });
    expect(network.cancelled).toEqual(["10.0.0.1"]);
  });

  test("when all fail alike, the error is of their class and has all of them as its cause", async () => {
    const { network, outcome } = await connecting([FAILS("10.0.0.1", 1), FAILS("10.0.0.2", 1)]);
    await network.advance(100);
    const error = outcome.error as ConnectError;
    expect(error).toBeInstanceOf(ConnectionRefusedError);
    expect(error.message).toBe(
      "Cannot connect to tcp example.org:80: all 2 addresses failed: " +
        "tcp 10.0.0.1:80: ECONNREFUSED; tcp 10.0.0.2:80: ECONNREFUSED",
    );
    expect((error.cause as AggregateError).errors).toHaveLength(2);
    expect(error.code).toBe("ECONNREFUSED");
  });

  test("when all fail differently, the error is a ConnectError and none of its subclasses", async () => {
    const timesOut: ScriptedHost = { host: "10.0.0.1", result: "time out", afterMs: 1 };
    const { network, outcome } = await connecting([timesOut, FAILS("10.0.0.2", 1)]);
    await network.advance(100);
    const { error } = outcome;
    expect((error as Error).constructor).toBe(ConnectError);
    const { errors } = (error as Error).cause as AggregateError;
    expect(errors.map((each: Error) => each.name)).toEqual([
      "TimeoutError",
      "ConnectionRefusedError",
    ]);
  });

  test("the error of a single address is passed on as it is", async () => {
    const { network, outcome } = await connecting([FAILS("10.0.0.1", 1)]);
    await network.advance(100);
    expect(outcome.error).toMatchObject({ address: "tcp 10.0.0.1:80" });
  });

  test("the timeout is for lookup and attempts together", async () => {
    const { network, outcome } = await connecting([HANGS("10.0.0.1")], { timeoutMs: 700 });
    await network.advance(1_000);
    expect(outcome.error).toBeInstanceOf(TimeoutError);
    expect(outcome.atMs).toBe(700);
    expect(network.cancelled).toEqual(["10.0.0.1"]);
    const looking = await connecting([], {
      timeoutMs: 700,
      resolver: () => new Promise(() => undefined),
    });
    await looking.network.advance(1_000);
    expect(looking.outcome.error).toBeInstanceOf(TimeoutError);
    expect(looking.outcome.atMs).toBe(700);
  });

  test("a signal cancels every attempt, and tries no further address", async () => {
    const stop = new AbortController();
    const hosts = [HANGS("10.0.0.1"), HANGS("10.0.0.2"), HANGS("10.0.0.3")];
    const { network, outcome } = await connecting(hosts, {}, stop.signal);
    await network.advance(300);
    stop.abort("enough");
    await network.advance(1_000);
    expect(outcome.error).toBeInstanceOf(ConnectingCancelledError);
    expect(outcome.error).toMatchObject({ cause: "enough" });
    expect(network.cancelled).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(network.clock.pending).toBe(0);
  });

  test("a cancel counts at whatever moment after the lookup it comes", async () => {
    for (let ticks = 0; ticks < 15; ticks++) {
      const looking = Promise.withResolvers<string[]>();
      const stop = new AbortController();
      const resolver = () => looking.promise;
      const hosts = [HANGS("10.0.0.1")];
      const { network, outcome } = await connecting(hosts, { resolver }, stop.signal);
      looking.resolve(["10.0.0.1"]);
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      stop.abort();
      await settle();
      expect(outcome.error).toBeInstanceOf(ConnectingCancelledError);
      expect(network.cancelled.length).toBe(network.attempts.length);
    }
  });

  test("a signal that is aborted already asks for nothing", async () => {
    let asked = false;
    const resolver = async () => {
      asked = true;
      return ["10.0.0.1"];
    };
    const { outcome } = await connecting([], { resolver }, AbortSignal.abort());
    await settle();
    expect(outcome.error).toBeInstanceOf(ConnectingCancelledError);
    expect(asked).toBe(false);
  });

  test("a factory that refuses ends the race", async () => {
    const factory = new Factory<Quiet>(() => null);
    const { network, outcome } = await connecting(
      [CONNECTS("10.0.0.1", 10), CONNECTS("10.0.0.2", 10)],
      { factory },
    );
    await network.advance(1_000);
    expect(outcome.error).toBeInstanceOf(NoProtocol);
    expect(network.attempts).toEqual([["10.0.0.1", 0]]);
  });

  test("the factory starts once for all attempts, and stops after the connection", async () => {
    const uses: string[] = [];
    class Counted extends Factory<Quiet> {
      override buildProtocol = () => new Quiet();
      override startFactory = () => void uses.push("start");
      override stopFactory = () => void uses.push("stop");
    }
    const hosts = [FAILS("10.0.0.1", 10), CONNECTS("10.0.0.2", 10)];
    const { network, servers } = await connecting(hosts, { factory: new Counted() });
    await network.advance(100);
    expect(uses).toEqual(["start"]);
    servers[0]?.connection.abortConnection();
    await network.advance(100);
    expect(uses).toEqual(["start", "stop"]);
  });

  test("a bindAddress leaves only the addresses of its family", async () => {
    const bindAddress = { host: "127.0.0.1" };
    const hosts = [HANGS("2001:db8::1"), CONNECTS("10.0.0.2", 10)];
    const { network, outcome } = await connecting(hosts, { bindAddress });
    await network.advance(100);
    expect(network.attempts).toEqual([["10.0.0.2", 0]]);
    expect(outcome.connected).toBe("10.0.0.2");
    const none = await connecting([HANGS("2001:db8::1")], { bindAddress });
    await none.network.advance(100);
    expect(none.outcome.error).toBeInstanceOf(ConnectBindError);
  });

  test("from a local port of its own the addresses are tried one after the other", async () => {
    const bindAddress = { host: "127.0.0.1", port: 5_000 };
    const hosts = [FAILS("10.0.0.1", 1_000), FAILS("10.0.0.2", 500), CONNECTS("10.0.0.3", 10)];
    const { network, outcome } = await connecting(hosts, { bindAddress });
    await network.advance(2_000);
    expect(network.attempts).toEqual([
      ["10.0.0.1", 0],
      ["10.0.0.2", 1_000],
      ["10.0.0.3", 1_500],
    ]);
    expect(outcome.connected).toBe("10.0.0.3");
  });

  test("an IP address is connected to without a lookup", async () => {
    const resolver = () => Promise.reject(new Error("looked up"));
    const network = new ScriptedNetwork([CONNECTS("10.0.0.1", 10)]);
    await network.listenTCP({ host: "10.0.0.1", port: PORT }, Factory.forProtocol(Quiet));
    const options = { host: "10.0.0.1", port: PORT, resolver };
    const connected = network.connectTCP(options, Factory.forProtocol(Quiet));
    await network.advance(100);
    expect((await connected).peer).toBe("10.0.0.1");
  });

  test("a port or a delay that is none is refused", async () => {
    const { outcome } = await connecting([], { port: 65_536 });
    await settle();
    expect(outcome.error).toBeInstanceOf(InvalidAddressError);
    const slow = await connecting([], { attemptDelayMs: -1 });
    await settle();
    expect(slow.outcome.error).toBeInstanceOf(RangeError);
  });

  test("of a name with thousands of addresses only so many are tried", async () => {
    const hosts = Array.from({ length: 3_000 }, (_, index) =>
      FAILS(`10.0.${index >> 8}.${index & 255}`, 0),
    );
    const { network, outcome } = await connecting(hosts);
    await network.advance(3_000);
    expect(outcome.error).toBeInstanceOf(ConnectionRefusedError);
    expect(network.attempts).toHaveLength(64);
  });
});
