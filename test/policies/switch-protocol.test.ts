import { describe, expect, test } from "bun:test";
import { ProtocolWrapper } from "../../src/policies/protocol-wrapper.ts";
import { withProxyProtocol } from "../../src/policies/with-proxy-protocol.ts";
import { withShaping } from "../../src/policies/with-shaping.ts";
import { withTimeout } from "../../src/policies/with-timeout.ts";
import { withTrafficLog } from "../../src/policies/with-traffic-log.ts";
import { WrappingFactory } from "../../src/policies/wrapping-factory.ts";
import { LineReceiver } from "../../src/protocols/line-receiver.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { ConnectionCallbacks } from "../../src/reactor/stream-transport.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import { type Policy, PolicedServer } from "./policed-server.ts";

class WrapAll<P extends Protocol> extends WrappingFactory<P> {
  protected override wrap(inner: ConnectionCallbacks): ConnectionCallbacks {
    return new ProtocolWrapper(inner);
  }
}

const NONE: Policy = (factory) => factory;
const ONE: Policy = (factory) => new WrapAll(factory);
const TWO: Policy = (factory) => new WrapAll(new WrapAll(factory));

/** What a transport does by itself, it does behind wrappers too. */
describe.each([
  ["no wrapper", NONE],
  ["one wrapper", ONE],
  ["two wrappers", TWO],
] as const)("switchProtocol behind %s", (_name, policy) => {
  test("an error of the next protocol's connectionMade ends the connection", async () => {
    const logger = new MemoryLogger();
    const policed = new PolicedServer(policy, {}, { logger });
    await policed.connect();
    const fault = new Error("a fault of the protocol");
    const connectionMade = () => {
      throw fault;
    };
    const next = new RecordingProtocol({ connectionMade });
    policed.server.connection.switchProtocol(next);
    policed.reactor.flush();
    expect(next.reason).toEqual({ kind: "lost", cause: fault });
    expect(logger.errors).toEqual([fault]);
  });

  test("an error or a rejection in the leftover ends the connection", async () => {
    const fault = new Error("a fault of the protocol");
    const dataReceived = [
      () => {
        throw fault;
      },
      () => Promise.reject(fault),
    ];
    for (const action of dataReceived) {
      const policed = new PolicedServer(policy, {}, { logger: new MemoryLogger() });
      await policed.connect();
      const next = new RecordingProtocol({ dataReceived: action });
      policed.server.connection.switchProtocol(next, Buffer.from("left"));
      expect(await next.lost()).toEqual({ kind: "lost", cause: fault });
    }
  });

  test("the leftover waits for a protocol that pauses first, and comes before the rest", async () => {
    const policed = new PolicedServer(policy);
    const client = await policed.connect();
    const next = new RecordingProtocol({
      connectionMade: (me) => me.connection.pauseProducing(),
    });
    policed.server.connection.switchProtocol(next, Buffer.from("left"));
    client.connection.write("over");
    policed.reactor.flush();
    expect(next.receivedBytes).toBe(0);
    next.connection.resumeProducing();
    policed.reactor.flush();
    expect(next.received.toString()).toBe("leftover");
  });

  test("a protocol that closes first does not get the leftover", async () => {
    const policed = new PolicedServer(policy);
    await policed.connect();
    const next = new RecordingProtocol({ connectionMade: (me) => me.connection.loseConnection() });
    policed.server.connection.switchProtocol(next, Buffer.from("left"));
    policed.reactor.flush();
    expect(next.events).toEqual(["connectionMade", "connectionLost"]);
  });

  test("a protocol that is half-close aware is so from then on, and the reverse", async () => {
    const aware = new RecordingProtocol({ readConnectionLost: noAction });
    const unaware = new RecordingProtocol();
    const events = [];
    for (const next of [aware, unaware]) {
      const actions = next === aware ? {} : { readConnectionLost: noAction };
      const policed = new PolicedServer(policy, actions);
      const client = await policed.connect();
      policed.server.connection.switchProtocol(next);
      client.connection.loseWriteConnection();
      policed.reactor.flush();
      events.push(next.events.slice());
      client.connection.abortConnection();
    }
    expect(events).toEqual([
      ["connectionMade", "readConnectionLost"],
      ["connectionMade", "connectionLost"],
    ]);
  });

  test("does nothing after the end", async () => {
    const policed = new PolicedServer(policy);
    const client = await policed.connect();
    client.connection.abortConnection();
    policed.reactor.flush();
    const next = new RecordingProtocol();
    policed.server.connection.switchProtocol(next, Buffer.from("left"));
    policed.reactor.flush();
    expect(next.events).toEqual([]);
  });

  test("no line of a chunk is delivered after loseConnection", async () => {
    const lines: string[] = [];
    class OneLine extends LineReceiver {
      override lineReceived(line: Buffer): void {
        lines.push(line.toString());
        this.transport.loseConnection();
      }
    }
    const reactor = new MemoryReactor();
    const factory = policy(Factory.forProtocol<Protocol>(OneLine), reactor);
    await reactor.listenTCP({ port: 7 }, factory);
    const client = new RecordingProtocol();
    await reactor.connectTCP({ host: "127.0.0.1", port: 7 }, new Factory(() => client));
    client.connection.write("one\r\ntwo\r\nthree\r\n");
    reactor.flush();
    expect(lines).toEqual(["one"]);
  });
});

/** Notes the lines that it and those after it get, and hands over to the next one at each. */
class Relay extends LineReceiver {
  readonly #lines: string[];
  readonly #handOver: (relay: Relay) => void;

  constructor(lines: string[], handOver: (relay: Relay) => void) {
    super();
    this.#lines = lines;
    this.#handOver = handOver;
  }

  override lineReceived(line: Buffer): void {
    this.#lines.push(line.toString());
    this.#handOver(this);
    this.#lines.push("returned");
  }

  /** Hands over what it has not looked at. */
  giveTo(next: ConnectionCallbacks): void {
    this.transport.switchProtocol(next, this.clearLineBuffer());
  }
}

const TIMED: Policy = (factory, clock) => withTimeout(factory, { clock, idleMs: 1_000 });

const SHAPED: Policy = (factory, clock) =>
  withShaping(factory, { clock, read: { bytesPerSecond: 1e9 } });

/** What a leftover of `switchProtocol` is to policies. */
describe.each([
  ["one wrapper", ONE],
  ["two wrappers", TWO],
  ["withTimeout", TIMED],
  ["withShaping", SHAPED],
  ["withTimeout around withShaping", (factory, clock) => TIMED(SHAPED(factory, clock), clock)],
] as readonly (readonly [string, Policy])[])("A leftover behind %s", (_name, policy) => {
  async function served(server: () => Protocol) {
    const logger = new MemoryLogger();
    const reactor = new MemoryReactor({ logger });
    await reactor.listenTCP({ port: 7 }, policy(new Factory(server), reactor));
    const client = new RecordingProtocol();
    await reactor.connectTCP({ host: "127.0.0.1", port: 7 }, new Factory(() => client));
    reactor.flush();
    return { reactor, client, logger };
  }

  test("is handed over 16,000 times in one chunk, in order, without nesting", async () => {
    const lines: string[] = [];
    const next = (): Relay => new Relay(lines, (relay) => relay.giveTo(next()));
    const { reactor, client, logger } = await served(next);
    client.connection.write("\r\n".repeat(16_000));
    reactor.flush();
    expect(logger.errors).toEqual([]);
    expect(lines).toEqual(Array.from({ length: 16_000 }, () => ["", "returned"]).flat());
    expect(client.reason).toBeNull();
    client.connection.abortConnection();
  });

  test("is delivered when dataReceived has returned, and before what comes later", async () => {
    const lines: string[] = [];
    const last = new Relay(lines, noAction);
    const { reactor, client } = await served(() => new Relay(lines, (relay) => relay.giveTo(last)));
    client.connection.write("one\r\ntwo\r\nthr");
    reactor.flush();
    client.connection.write("ee\r\n");
    reactor.flush();
    expect(lines).toEqual(["one", "returned", "two", "returned", "three", "returned"]);
    client.connection.abortConnection();
  });

  test("goes to whom the next protocol hands over in connectionMade", async () => {
    const last = new RecordingProtocol();
    const between = new RecordingProtocol({
      connectionMade: (me) => me.connection.switchProtocol(last),
    });
    const { reactor, client } = await served(() => new Relay([], (relay) => relay.giveTo(between)));
    client.connection.write("one\r\ntwo");
    reactor.flush();
    expect(between.receivedBytes).toBe(0);
    expect(last.received.toString()).toBe("two");
    client.connection.abortConnection();
  });

  test("goes to whom a protocol that has paused hands over without reading it", async () => {
    const last = new RecordingProtocol();
    const paused = new RecordingProtocol({
      connectionMade: (me) => me.connection.pauseProducing(),
    });
    const { reactor, client } = await served(() => new Relay([], (relay) => relay.giveTo(paused)));
    client.connection.write("one\r\ntwo");
    reactor.flush();
    paused.connection.switchProtocol(last);
    paused.connection.resumeProducing();
    reactor.flush();
    expect(paused.receivedBytes).toBe(0);
    expect(last.received.toString()).toBe("two");
    client.connection.abortConnection();
  });

  test("is delivered once connectionMade has returned, which handed the connection over", async () => {
    const events: string[] = [];
    const last = new RecordingProtocol({
      dataReceived: (_, data) => events.push(data.toString()),
    });
    const first = new RecordingProtocol({
      connectionMade: (me) => {
        me.connection.switchProtocol(last, Buffer.from("left"));
        events.push("returned");
      },
    });
    const { client } = await served(() => first);
    expect(events).toEqual(["returned", "left"]);
    client.connection.abortConnection();
  });

  test("is not delivered to whom closes first, nor after an end", async () => {
    const closing = new RecordingProtocol({
      connectionMade: (me) => me.connection.loseConnection(),
    });
    const { reactor, client } = await served(() => new Relay([], (relay) => relay.giveTo(closing)));
    client.connection.write("one\r\ntwo");
    reactor.flush();
    expect(closing.events).toEqual(["connectionMade", "connectionLost"]);
    expect(client.reason).toEqual({ kind: "done" });
  });

  test("is dropped when the handing over fails after it", async () => {
    const fault = new Error("a fault of the protocol");
    const last = new RecordingProtocol();
    const { reactor, client } = await served(
      () =>
        new Relay([], (relay) => {
          relay.giveTo(last);
          throw fault;
        }),
    );
    client.connection.write("one\r\ntwo");
    reactor.flush();
    expect(last.events).toEqual(["connectionMade", "connectionLost"]);
    expect(last.reason).toEqual({ kind: "lost", cause: fault });
  });
});

describe("A PROXY header inside of other policies", () => {
  const line = "PROXY TCP4 1.2.3.4 5.6.7.8 80 90\r\n";

  test("hands over to a protocol that stays half-close aware", async () => {
    const policed = new PolicedServer(
      (factory, clock) => {
        const proxied = withProxyProtocol(factory, { clock });
        return withTrafficLog(withTimeout(proxied, { clock, idleMs: 1_000 }), { sink: noAction });
      },
      { readConnectionLost: noAction },
    );
    const proxy = await policed.connect();
    proxy.connection.write(`${line}hello`);
    proxy.connection.loseWriteConnection();
    policed.reactor.flush();
    const events = ["connectionMade", "dataReceived", "readConnectionLost"];
    expect(policed.server.events).toEqual(events);
    proxy.connection.abortConnection();
  });

  test("is logged once, with the data behind it", async () => {
    const lines: string[] = [];
    const policed = new PolicedServer((factory, clock) => {
      const proxied = withProxyProtocol(factory, { clock });
      return withTrafficLog(proxied, { sink: (text) => lines.push(text) });
    });
    const proxy = await policed.connect();
    proxy.connection.write(`${line}hello`);
    policed.reactor.flush();
    expect(policed.server.received.toString()).toBe("hello");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain("< 39 bytes");
  });
});
