import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import { ProtocolWrapper } from "../../src/policies/protocol-wrapper.ts";
import { withAccess } from "../../src/policies/with-access.ts";
import { withLimits } from "../../src/policies/with-limits.ts";
import { withShaping } from "../../src/policies/with-shaping.ts";
import { withTimeout } from "../../src/policies/with-timeout.ts";
import { withTrafficLog } from "../../src/policies/with-traffic-log.ts";
import { WrappingFactory } from "../../src/policies/wrapping-factory.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { ConnectionCallbacks } from "../../src/reactor/stream-transport.ts";
import type { TLSInfo } from "../../src/reactor/tls.ts";
import { unreadClearText } from "../../src/reactor/unread-clear-text.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { type Actions, noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import { ECHO, type Policy, PolicedServer } from "./policed-server.ts";

class WrapAll<P extends Protocol> extends WrappingFactory<P> {
  protected override wrap(inner: ConnectionCallbacks): ConnectionCallbacks {
    return new ProtocolWrapper(inner);
  }
}

const PLAIN: Policy = (factory) => new WrapAll(factory);

const EVERYTHING: Policy = (factory, clock) =>
  withAccess(
    withLimits(
      withTimeout(
        withShaping(withTrafficLog(factory, { sink: noAction }), {
          clock,
          read: { bytesPerSecond: 1_000_000 },
          write: { bytesPerSecond: 1_000_000 },
        }),
        { clock, idleMs: 60_000, lifetimeMs: 600_000 },
      ),
      { maxConnections: 10, maxPerPeer: 10 },
    ),
    { allow: ["127.0.0.0/8"] },
  );

const AWARE: Actions = {
  readConnectionLost: noAction,
  writeConnectionLost: noAction,
  pauseWriting: noAction,
  resumeWriting: noAction,
  draining: noAction,
};

const OPTIONAL = [
  "readConnectionLost",
  "writeConnectionLost",
  "pauseWriting",
  "resumeWriting",
  "draining",
] as const;

const TLS_INFO: TLSInfo = {
  version: "TLSv1.3",
  cipher: "TLS_AES_128_GCM_SHA256",
  alpnProtocol: null,
  serverName: null,
  authorized: false,
  peerCertificate: null,
};

const raise = (): never => {
  throw new Error("looked at");
};

/** What code may throw, and what throws again when it is looked at. */
const HOSTILE: Readonly<Record<string, () => unknown>> = {
  "an object that throws when it is inspected": () => ({ [inspect.custom]: raise }),
  "an object without a text form": () => ({ toString: raise, [Symbol.toPrimitive]: raise }),
  "a Proxy whose traps throw": () => new Proxy({}, new Proxy({}, { get: () => raise })),
  "an error whose message throws": () =>
    Object.defineProperty(new Error("a fault"), "message", { get: raise }),
};

describe("ProtocolWrapper", () => {
  test("has exactly the optional callbacks of the protocol inside", () => {
    for (const inner of [new RecordingProtocol(), new RecordingProtocol(AWARE)]) {
      const wrapper: ConnectionCallbacks = new ProtocolWrapper(inner);
      const has = OPTIONAL.map((name) => wrapper[name] !== undefined);
      expect(has).toEqual(
        OPTIONAL.map((name) => (inner as ConnectionCallbacks)[name] !== undefined),
      );
    }
  });

  test("refuses clear text between startTLS and the end of the handshake", () => {
    const protocol = new RecordingProtocol();
    const wrapper = new ProtocolWrapper(protocol);
    wrapper.makeConnection(new MemoryTransport());
    wrapper.tlsStarted();
    expect(() => wrapper.dataReceived(Buffer.from("clear"))).toThrow(unreadClearText(5));
    wrapper.handshakeCompleted(TLS_INFO);
    wrapper.dataReceived(Buffer.from("secret"));
    expect(protocol.received.toString()).toBe("secret");
  });

  test("switchProtocol changes what is inside, and keeps the wrapper", () => {
    const transport = new MemoryTransport();
    const before = new RecordingProtocol();
    const wrapper = new ProtocolWrapper(before);
    wrapper.makeConnection(transport);
    const after = new RecordingProtocol({ readConnectionLost: noAction });
    before.connection.switchProtocol(after, Buffer.from("left"));
    expect(after.connection).toBe(wrapper);
    expect(after.received.toString()).toBe("left");
    wrapper.dataReceived(Buffer.from("over"));
    wrapper.readConnectionLost?.();
    expect(after.received.toString()).toBe("leftover");
    expect(after.events).toEqual(["connectionMade", "dataReceived", "readConnectionLost"]);
    expect(before.events).toEqual(["connectionMade"]);
  });

  test("what is left over inside of a callback is delivered when that has returned", () => {
    const callbacks = ["readConnectionLost", "writeConnectionLost", "pauseWriting"] as const;
    const more = ["resumeWriting", "draining", "handshakeCompleted"] as const;
    for (const name of [...callbacks, ...more]) {
      const events: string[] = [];
      const next = new RecordingProtocol({
        dataReceived: (_, data) => events.push(data.toString()),
      });
      const protocol: Protocol = new RecordingProtocol();
      const wrapper = new ProtocolWrapper(protocol);
      protocol[name] = () => {
        wrapper.switchProtocol(next, Buffer.from("left"));
        events.push("returned");
      };
      wrapper.makeConnection(new MemoryTransport());
      wrapper[name]?.(TLS_INFO);
      expect(events).toEqual(["returned", "left"]);
    }
  });

  test("what is left over comes before what was left over before it, and waits", () => {
    const paused = new RecordingProtocol({
      connectionMade: (me) => me.connection.pauseProducing(),
    });
    const last = new RecordingProtocol();
    const wrapper = new ProtocolWrapper(new RecordingProtocol());
    wrapper.makeConnection(new MemoryTransport());
    wrapper.switchProtocol(paused, Buffer.from("second"));
    wrapper.switchProtocol(last, Buffer.from("first"));
    expect(last.receivedBytes).toBe(0);
    last.connection.resumeProducing();
    expect(last.received.toString()).toBe("firstsecond");
  });

  test("what the connection delivers to a protocol that has paused comes after its leftover", () => {
    const paused = new RecordingProtocol({
      connectionMade: (me) => me.connection.pauseProducing(),
    });
    const wrapper = new ProtocolWrapper(new RecordingProtocol());
    wrapper.makeConnection(new MemoryTransport());
    wrapper.switchProtocol(paused, Buffer.from("left"));
    wrapper.dataReceived(Buffer.from("over"));
    expect(paused.received.toString()).toBe("leftover");
  });

  test("a sequence of which one chunk cannot be written is not written at all", () => {
    const transport = new MemoryTransport();
    const protocol = new RecordingProtocol();
    new ProtocolWrapper(protocol).makeConnection(transport);
    const write = () => protocol.connection.writeSequence(["one", "\ud800", "three"]);
    expect(write).toThrow(TypeError);
    expect(transport.value()).toHaveLength(0);
  });

  test("null from the factory inside stays null, and nothing is called", () => {
    const factory = new WrapAll(new Factory(() => null));
    expect(factory.buildStack(new MemoryTransport().getPeer())).toBeNull();
  });
});

describe.each(Object.entries(HOSTILE))("ProtocolWrapper: %s", (_name, make) => {
  async function policedThat(actions: Actions) {
    const logger = new MemoryLogger();
    const policed = new PolicedServer(PLAIN, actions, { logger });
    const client = await policed.connect();
    return { policed, client, logger };
  }

  test("ends the connection when it is thrown at a leftover", async () => {
    const thrown = make();
    const { policed, logger } = await policedThat({});
    const next = new RecordingProtocol({
      dataReceived: () => {
        throw thrown;
      },
    });
    policed.server.connection.switchProtocol(next, Buffer.from("left"));
    policed.reactor.flush();
    expect(next.reason).toMatchObject({ kind: "lost", cause: expect.any(Error) });
    expect(logger.reports).toHaveLength(1);
  });

  test("ends the connection when a promise rejects with it", async () => {
    const thrown = make();
    const { policed, logger } = await policedThat({});
    const next = new RecordingProtocol({ dataReceived: () => Promise.reject(thrown) });
    policed.server.connection.switchProtocol(next, Buffer.from("left"));
    expect(await next.lost()).toMatchObject({ kind: "lost", cause: expect.any(Error) });
    expect(logger.reports).toHaveLength(1);
  });
});

describe.each([
  ["a plain wrapper", PLAIN],
  ["all policies at once", EVERYTHING],
] as const)("A connection inside of %s", (_name, policy) => {
  test("echoes a megabyte, and answers a half-close", async () => {
    const policed = new PolicedServer(policy, ECHO);
    const client = await policed.connect();
    const sent = Buffer.alloc(1_000_000, "0123456789");
    client.connection.write(sent);
    client.connection.loseWriteConnection();
    policed.reactor.advance(10_000);
    expect(client.received.equals(sent)).toBe(true);
    expect(client.reason).toEqual({ kind: "done" });
    expect(policed.server.reason).toEqual({ kind: "done" });
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("ends with the error that its protocol throws", async () => {
    const fault = new Error("a fault of the protocol");
    const logger = new MemoryLogger();
    const dataReceived = () => {
      throw fault;
    };
    const policed = new PolicedServer(policy, { dataReceived }, { logger });
    const client = await policed.connect();
    client.connection.write("x");
    policed.reactor.flush();
    expect(policed.server.reason).toEqual({ kind: "lost", cause: fault });
    expect(logger.reports.map(({ message }) => message)).toEqual([
      expect.stringContaining("RecordingProtocol failed; its connection to tcp 127.0.0.1:"),
    ]);
    expect(policed.reactor.clock.pending).toBe(0);
  });

  test("ends with the error that a promise of its protocol rejects with", async () => {
    const fault = new Error("a fault of the protocol");
    const logger = new MemoryLogger();
    const dataReceived = () => Promise.reject(fault);
    const policed = new PolicedServer(policy, { dataReceived }, { logger });
    const client = await policed.connect();
    client.connection.write("x");
    policed.reactor.flush();
    await client.lost();
    expect(policed.server.reason).toEqual({ kind: "lost", cause: fault });
  });

  test("is aborted by its protocol, and told so once", async () => {
    const policed = new PolicedServer(policy);
    const client = await policed.connect();
    policed.server.connection.write("dropped");
    policed.server.calling(() => policed.server.connection.abortConnection());
    expect(policed.server.calledInside).toEqual([]);
    policed.reactor.flush();
    expect(policed.server.reason).toEqual({ kind: "aborted" });
    expect(client.reason?.kind).toBe("lost");
    expect(policed.server.events).toEqual(["connectionMade", "connectionLost"]);
  });
});
