import { describe, expect, test } from "bun:test";
import { TLSError, type TLSInfo } from "../../src/reactor/tls.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryLoop } from "../../src/testing/memory-loop.ts";
import { NO_TLS } from "../../src/testing/no-tls.ts";
import { StreamConnection } from "../../src/transport/stream-connection.ts";
import { Turn } from "../../src/transport/turn.ts";
import { RecordingProtocol } from "./recording-protocol.ts";
import { ScriptedDriver } from "./scripted-driver.ts";

const INFO: TLSInfo = {
  version: "TLSv1.3",
  cipher: "TLS_AES_128_GCM_SHA256",
  alpnProtocol: null,
  serverName: null,
  authorized: false,
  peerCertificate: null,
};

/** A connection that is secured before it has a protocol, and what its owner is told. */
function securing(driver = new ScriptedDriver()) {
  const loop = new MemoryLoop({ automatic: false });
  const logger = new MemoryLogger();
  const clock = new ManualClock({ logger, settle: () => loop.flush() });
  const told: string[] = [];
  const context = { turn: new Turn(loop, logger), clock, logger, tls: NO_TLS };
  const connection: StreamConnection = new StreamConnection(driver, context, {
    connectionSecured: () => void told.push("secured"),
    connectionEnded: () => void told.push("ended"),
  });
  driver.attach(connection);
  connection.secure({ side: "server", handshakeTimeoutMs: 10 });
  return { driver, connection, clock, told };
}

describe("A connection that is secured before it has a protocol", () => {
  test("tells its owner, and its protocol first that it is made and then of the handshake", () => {
    const { driver, connection, told, clock } = securing();
    expect(driver.verbs).toEqual(["startTLS"]);
    driver.events.handshakeCompleted(INFO);
    expect(told).toEqual(["secured"]);
    const protocol = new RecordingProtocol();
    protocol.handshakeCompleted = () => void protocol.events.push("handshakeCompleted");
    connection.start(protocol);
    expect(protocol.events).toEqual(["connectionMade", "handshakeCompleted"]);
    expect(clock.pending).toBe(0);
  });

  for (const verb of ["abortConnection", "loseConnection"] as const) {
    test(`tells nothing of the handshake to a protocol that calls ${verb} when it is made`, () => {
      const { driver, connection } = securing();
      driver.events.handshakeCompleted(INFO);
      const protocol = new RecordingProtocol({ connectionMade: (me) => me.connection[verb]() });
      protocol.handshakeCompleted = () => void protocol.events.push("handshakeCompleted");
      connection.start(protocol);
      driver.events.closed();
      expect(protocol.events).toEqual(["connectionMade", "connectionLost"]);
    });
  }

  const failures: readonly [string, (driver: ScriptedDriver) => void, string][] = [
    ["the peer leaves", (driver) => driver.events.readEnded(), "the peer ended the connection"],
    ["the socket closes", (driver) => driver.events.closed(), "the peer ended the connection"],
    ["it is reset", (driver) => driver.events.closed(new Error("ECONNRESET")), "ECONNRESET"],
    [
      "a record does not fit",
      (driver) => {
        driver.events.failed(new TLSError("bad record"));
        driver.events.closed();
      },
      "bad record",
    ],
  ];
  for (const [name, fail, message] of failures) {
    test(`ends with a TLSError where ${name}`, () => {
      const { driver, connection, told, clock } = securing();
      fail(driver);
      expect(told).toEqual(["ended"]);
      const { reason } = connection;
      expect(reason).toMatchObject({ kind: "lost", cause: { name: "TLSError" } });
      expect(String(reason?.kind === "lost" && reason.cause.message)).toContain(message);
      expect(clock.pending).toBe(0);
    });
  }

  test("ends after the time for a handshake", () => {
    const { driver, connection, clock, told } = securing();
    clock.advance(10);
    expect(told).toEqual(["ended"]);
    expect(driver.verbs).toEqual(["startTLS", "terminate"]);
    const message: unknown = expect.stringContaining("more than 10 ms");
    expect(connection.reason).toMatchObject({ kind: "lost", cause: { message } });
  });

  test("ends where the handshake cannot even begin", () => {
    const cause = new Error("these options are of no use");
    class Refusing extends ScriptedDriver {
      override startTLS(): void {
        throw cause;
      }
    }
    const { driver, connection, told, clock } = securing(new Refusing());
    expect(told).toEqual(["ended"]);
    expect(connection.reason).toMatchObject({ kind: "lost", cause: { cause } });
    expect(driver.verbs).toEqual(["terminate"]);
    expect(clock.pending).toBe(0);
  });
});
