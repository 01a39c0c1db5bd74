/** What the network checks of transports by itself is checked by giving it bad ones. */
import { describe, expect, test } from "bun:test";
import { DONE } from "../../src/reactor/close-reason.ts";
import type { ConnectionCallbacks, StreamTransport } from "../../src/reactor/stream-transport.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { WatchedCallbacks } from "../../src/testing/simulated-callbacks.ts";
import { WatchedDatagrams } from "../../src/testing/simulated-datagram-protocol.ts";
import { MemoryDatagramTransport } from "../../src/testing/memory-datagram-transport.ts";
import { SimulatedEnd, type WatchedSocket } from "../../src/testing/simulated-end.ts";
import { checkEnd, checkQuietEnd } from "../../src/testing/simulated-end-checks.ts";
import { Simulation } from "../../src/testing/simulation.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";

/** An open socket on which nothing has happened. */
const IDLE_SOCKET = {
  closed: false,
  deliveredBytes: 0,
  refusedWrite: false,
  takesMore: true,
  holdsBack: false,
};

/** One end of a connection whose socket says what the test wants, under watch. */
function watched(socket: Partial<WatchedSocket> = {}, actions = {}) {
  const simulation = new Simulation(1, false, { faults: [] });
  const end = new SimulatedEnd(simulation, "1 client", { ...IDLE_SOCKET, ...socket });
  const other = new SimulatedEnd(simulation, "1 server", IDLE_SOCKET);
  SimulatedEnd.join(end, other);
  const callbacks: ConnectionCallbacks = new WatchedCallbacks(new RecordingProtocol(actions), end);
  const transport: StreamTransport = new MemoryTransport();
  return { simulation, end, other, callbacks, transport };
}

describe("WatchedCallbacks notices", () => {
  test("anything before connectionMade", () => {
    const { callbacks, simulation } = watched();
    callbacks.dataReceived(Buffer.from("x"));
    expect(simulation.failure?.message).toContain("dataReceived was called before connectionMade");
  });

  test("connectionMade that comes again", () => {
    const { callbacks, transport, simulation } = watched();
    callbacks.makeConnection(transport);
    callbacks.makeConnection(transport);
    expect(simulation.failure?.message).toContain("connectionMade was called again");
  });

  test("anything after connectionLost, and connectionLost again", () => {
    for (const late of ["dataReceived", "connectionLost", "resumeWriting"] as const) {
      const { callbacks, transport, simulation } = watched({}, { resumeWriting: noAction });
      callbacks.makeConnection(transport);
      callbacks.connectionLost(DONE);
      if (late === "dataReceived") callbacks.dataReceived(Buffer.from("x"));
      else if (late === "connectionLost") callbacks.connectionLost(DONE);
      else callbacks.resumeWriting?.();
      expect(simulation.failure?.message).toContain(`${late} was called after connectionLost`);
    }
  });

  test("data after loseConnection", () => {
    const { callbacks, transport, simulation, other } = watched();
    callbacks.makeConnection(transport);
    transport.loseConnection();
    other.written.wrote(Buffer.from("x"));
    callbacks.dataReceived(Buffer.from("x"));
    expect(simulation.failure?.message).toContain("after loseConnection");
  });

  test("bytes that were never written", () => {
    const { callbacks, transport, simulation } = watched();
    callbacks.makeConnection(transport);
    callbacks.dataReceived(Buffer.from("x"));
    expect(simulation.failure?.message).toContain("1 bytes arrived that were never written");
  });

  test("readConnectionLost that comes again, data behind it, or a good end without it", () => {
    const aware = { readConnectionLost: noAction };
    const twice = watched({}, aware);
    twice.callbacks.makeConnection(twice.transport);
    twice.callbacks.readConnectionLost?.();
    twice.callbacks.readConnectionLost?.();
    expect(twice.simulation.failure?.message).toContain("readConnectionLost was called again");
    const behind = watched({}, aware);
    behind.callbacks.makeConnection(behind.transport);
    behind.callbacks.readConnectionLost?.();
    behind.callbacks.dataReceived(Buffer.from("x"));
    expect(behind.simulation.failure?.message).toContain("after readConnectionLost");
    const without = watched({}, aware);
    without.callbacks.makeConnection(without.transport);
    without.callbacks.connectionLost(DONE);
    expect(without.simulation.failure?.message).toContain("readConnectionLost was not called");
  });

  test("a write after loseConnection that is taken", () => {
    const { callbacks, transport, simulation, end } = watched();
    callbacks.makeConnection(transport);
    end.closing = true;
    transport.write("late");
    expect(simulation.failure?.message).toContain("a write after loseConnection was taken");
  });
});

describe("When all is quiet it is noticed that", () => {
  for (const [what, socket, prepare] of [
    ["the socket is gone, and connectionLost was not called", { closed: true }, noAction],
    [
      "loseConnection was called, and the connection never ends",
      {},
      (transport: StreamTransport) => transport.loseConnection(),
    ],
    ["reading is held back, though the protocol did not ask for it", { holdsBack: true }, noAction],
  ] as const) {
    test(what, () => {
      const { callbacks, transport, simulation, end } = watched(socket);
      callbacks.makeConnection(transport);
      prepare(transport);
      checkQuietEnd(end);
      expect(simulation.failure?.message).toContain(what);
    });
  }

  test("nothing waits to be sent, and resumeWriting was not called", () => {
    for (const closed of [false, true]) {
      const aware = { pauseWriting: noAction, resumeWriting: noAction };
      const { callbacks, transport, simulation, end } = watched({ closed }, aware);
      callbacks.makeConnection(transport);
      transport.pauseProducing();
      callbacks.pauseWriting?.();
      callbacks.resumeWriting?.();
      checkQuietEnd(end);
      expect(simulation.failure).toBeNull();
      callbacks.pauseWriting?.();
      checkQuietEnd(end);
      expect(simulation.failure?.message).toContain("resumeWriting was not called");
    }
  });

  test("nothing is wrong with a connection that is open and idle, or paused", () => {
    for (const socket of [{}, { holdsBack: true }, { closed: true }]) {
      const { callbacks, transport, simulation, end } = watched(socket);
      callbacks.makeConnection(transport);
      transport.pauseProducing();
      checkQuietEnd(end);
      expect(simulation.failure).toBeNull();
    }
  });
});

describe("When all is over it is noticed that", () => {
  test("connectionLost was never called", () => {
    const { callbacks, transport, simulation, end } = watched();
    callbacks.makeConnection(transport);
    checkEnd(end);
    expect(simulation.failure?.message).toContain("connectionLost was never called");
  });

  test("a connection was lost to which nothing had happened", () => {
    const { callbacks, transport, simulation, end, other } = watched();
    callbacks.makeConnection(transport);
    other.transport = transport;
    callbacks.connectionLost({ kind: "lost", cause: new Error("no reason") });
    checkEnd(end);
    expect(simulation.failure?.message).toContain("nothing had happened to it: no reason");
  });

  test("bytes came to the socket and not to the protocol", () => {
    const { callbacks, transport, simulation, end } = watched({ deliveredBytes: 3 });
    callbacks.makeConnection(transport);
    callbacks.connectionLost(DONE);
    checkEnd(end);
    expect(simulation.failure?.message).toContain("3 bytes arrived, and 0 of them were delivered");
  });

  test("bytes are missing, though both ends closed as done", () => {
    const { callbacks, transport, simulation, end, other } = watched();
    callbacks.makeConnection(transport);
    other.written.wrote(Buffer.from("tail"));
    other.reason = DONE;
    callbacks.connectionLost(DONE);
    checkEnd(end);
    expect(simulation.failure?.message).toContain("0 of 4 bytes arrived");
  });
});

describe("WatchedDatagrams notices", () => {
  test("what comes before the start, or after the stop", () => {
    for (const isStarted of [false, true]) {
      const simulation = new Simulation(1, false, { faults: [] });
      const protocol = new WatchedDatagrams(new (class extends DatagramProtocol {})(), simulation);
      const transport = new MemoryDatagramTransport();
      if (isStarted) protocol.makeConnection(transport);
      if (isStarted) protocol.stopProtocol();
      protocol.datagramReceived(Buffer.from("x"), transport.getHost());
      const when = isStarted ? "stopped" : "new";
      expect(simulation.failure?.message).toContain(`was called while it is ${when}`);
    }
  });
});
