import { describe, expect, test } from "bun:test";
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
  "tlsStarted",
  "handshakeCompleted",
] as const;

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

  test("null from the factory inside stays null, and nothing is called", () => {
    const factory = new WrapAll(new Factory(() => null));
    expect(factory.buildStack(new MemoryTransport().getPeer())).toBeNull();
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
