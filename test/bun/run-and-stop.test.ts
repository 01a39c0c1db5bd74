import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { ConnectingCancelledError } from "../../src/reactor/connect-error.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import { libcOrNull } from "../../src/native/libc.ts";
import { ReactorNotRunning } from "../../src/reactor/reactor.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawListener } from "../raw-listener.ts";
import { UnansweringListener } from "../unanswering-listener.ts";
import { LiveServer } from "./live-server.ts";
import { loopTurns } from "./loop-turns.ts";
import { RecordingFactory } from "./recording-factory.ts";

const withoutLibc = libcOrNull() === null;

describe("BunReactor: run and stop", () => {
  test("stop: before, which is awaited, then during, then after; run resolves", async () => {
    const reactor = new BunReactor();
    const order: string[] = [];
    const slow = Promise.withResolvers<void>();
    reactor.addSystemEventTrigger("after", "shutdown", () => order.push("after"));
    reactor.addSystemEventTrigger("during", "shutdown", () => order.push("during"));
    reactor.addSystemEventTrigger("before", "shutdown", async () => {
      await slow.promise;
      order.push("before, awaited");
    });
    reactor.addSystemEventTrigger("before", "shutdown", () => order.push("before"));
    const finished = reactor.run();
    const stopped = reactor.stop();
    expect(order).toEqual(["before"]);
    expect(reactor.running).toBe(true);
    slow.resolve();
    await stopped;
    await finished;
    expect(reactor.running).toBe(false);
    expect(order).toEqual(["before", "before, awaited", "during", "after"]);
  });

  test("a trigger that fails is logged, and the rest still run", async () => {
    const logger = new MemoryLogger();
    const reactor = new BunReactor({ logger });
    const order: string[] = [];
    const faults: Error[] = [];
    for (const phase of ["before", "during", "after"] as const) {
      const thrown = new Error(`Thrown ${phase}`);
      const rejected = new Error(`Rejected ${phase}`);
      faults.push(thrown, rejected);
      reactor.addSystemEventTrigger(phase, "shutdown", () => {
        throw thrown;
      });
      reactor.addSystemEventTrigger(phase, "shutdown", async () => {
        throw rejected;
      });
      reactor.addSystemEventTrigger(phase, "shutdown", () => order.push(phase));
    }
    const finished = reactor.run();
    await reactor.stop();
    await finished;
    await Promise.resolve();
    expect(order).toEqual(["before", "during", "after"]);
    expect(new Set(logger.errors)).toEqual(new Set(faults));
  });

  test("a trigger that was removed does not run", async () => {
    const reactor = new BunReactor();
    const calls: string[] = [];
    const kept = reactor.addSystemEventTrigger("during", "shutdown", () => calls.push("kept"));
    reactor.addSystemEventTrigger("during", "shutdown", () => calls.push("removed")).remove();
    {
      using _scoped = reactor.addSystemEventTrigger("during", "shutdown", () =>
        calls.push("scoped"),
      );
    }
    const finished = reactor.run();
    await reactor.stop();
    await finished;
    expect(calls).toEqual(["kept"]);
    kept.remove();
  });

  test("stop twice, or before run: ReactorNotRunning", async () => {
    const reactor = new BunReactor();
    expect(await reactor.stop().catch((e: unknown) => e)).toBeInstanceOf(ReactorNotRunning);
    const finished = reactor.run();
    const stopped = reactor.stop();
    expect(await reactor.stop().catch((e: unknown) => e)).toBeInstanceOf(ReactorNotRunning);
    await stopped;
    await finished;
    expect(await reactor.stop().catch((e: unknown) => e)).toBeInstanceOf(ReactorNotRunning);
  });

  test("run while it runs is refused, and run again after stop works", async () => {
    const reactor = new BunReactor();
    for (let time = 0; time < 3; time++) {
      const finished = reactor.run();
      await expect(reactor.run()).rejects.toThrow("runs already");
      expect(reactor.running).toBe(true);
      await reactor.stop();
      await finished;
      expect(reactor.running).toBe(false);
    }
  });

  test("callWhenRunning: at the next run, in order, or at once; errors are logged", async () => {
    const [thrown, rejected] = [new Error("Thrown"), new Error("Rejected")];
    const logger = new MemoryLogger();
    const reactor = new BunReactor({ logger });
    const calls: string[] = [];
    reactor.callWhenRunning(() => calls.push("first"));
    reactor.callWhenRunning(() => {
      throw thrown;
    });
    reactor.callWhenRunning(async () => {
      throw rejected;
    });
    reactor.callWhenRunning(() => calls.push("second"));
    expect(calls).toEqual([]);
    const finished = reactor.run();
    expect(calls).toEqual(["first", "second"]);
    reactor.callWhenRunning(() => calls.push("at once"));
    expect(calls).toEqual(["first", "second", "at once"]);
    await reactor.stop();
    expect(logger.errors).toEqual([thrown, rejected]);
    await finished;
    const again = reactor.run();
    await reactor.stop();
    await again;
    expect(calls).toHaveLength(3);
  });

  test("stop may be called by callWhenRunning", async () => {
    const reactor = new BunReactor();
    reactor.callWhenRunning(() => void reactor.stop());
    await reactor.run();
    expect(reactor.running).toBe(false);
  });

  test("stop closes ports, and connections in order: peers see the end of stream", async () => {
    const before = openDescriptors();
    {
      await using server = await LiveServer.listen();
      using listener = new RawListener();
      const { reactor } = server;
      const finished = reactor.run();
      const accepted = await server.connection();
      const client = new RecordingFactory();
      const made = await reactor.connectTCP({ host: "127.0.0.1", port: listener.port }, client);
      const acceptor = await listener.accept();
      accepted.protocol.connection.write("goodbye");
      made.connection.write("farewell");
      const stopped = reactor.stop();
      expect((await accepted.peer.end()).toString()).toBe("goodbye");
      expect((await acceptor.end()).toString()).toBe("farewell");
      accepted.peer.sendFIN();
      acceptor.sendFIN();
      await stopped;
      await finished;
      expect(accepted.protocol.reason).toEqual({ kind: "done" });
      expect(made.reason).toEqual({ kind: "done" });
      expect(server.factory.uses).toEqual(["start", "stop"]);
      expect(client.uses).toEqual(["start", "stop"]);
      await expect(server.connect()).rejects.toThrow();
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("stop aborts a connection whose peer does not close, and then resolves", async () => {
    await using server = await LiveServer.listen();
    const { reactor } = server;
    const finished = reactor.run();
    const { peer, protocol } = await server.connection();
    await reactor.stop();
    await finished;
    expect(protocol.reason).toEqual({ kind: "aborted" });
    await peer.reset();
  });

  test("stop reaches the connections of a port that listens no more", async () => {
    await using server = await LiveServer.listen();
    const { reactor } = server;
    const finished = reactor.run();
    const { peer, protocol } = await server.connection();
    await server.port.stopListening();
    const stopped = reactor.stop();
    await peer.end();
    peer.sendFIN();
    await stopped;
    await finished;
    expect(protocol.reason).toEqual({ kind: "done" });
  });

  test("stop closes UDP ports and calls stopProtocol", async () => {
    const calls: string[] = [];
    class Counting extends DatagramProtocol {
      override startProtocol = () => void calls.push("start");
      override stopProtocol = () => void calls.push("stop");
    }
    const before = openDescriptors();
    const reactor = new BunReactor();
    const finished = reactor.run();
    await reactor.listenUDP({}, new Counting());
    await reactor.stop();
    await finished;
    expect(calls).toEqual(["start", "stop"]);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  // The connect has to hang, which only libc can arrange.
  test.skipIf(withoutLibc)("stop cancels a connect under way", async () => {
    using listener = new UnansweringListener();
    const before = openDescriptors();
    const reactor = new BunReactor();
    const finished = reactor.run();
    const options = { host: "127.0.0.1", port: listener.port };
    const connecting = reactor.connectTCP(options, new RecordingFactory());
    const outcome = connecting.catch((error: unknown) => error);
    await reactor.stop();
    await finished;
    expect(await outcome).toBeInstanceOf(ConnectingCancelledError);
    await loopTurns();
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("two reactors in one process are independent", async () => {
    await using one = await LiveServer.listen();
    await using two = await LiveServer.listen({
      dataReceived: ({ connection }, data) => connection.write(data),
    });
    const [finishedOne, finishedTwo] = [one.reactor.run(), two.reactor.run()];
    const { peer } = await two.connection();
    await one.reactor.stop();
    await finishedOne;
    expect(two.reactor.running).toBe(true);
    await peer.send("still here");
    await peer.receives(10);
    peer.sendRST();
    await two.reactor.stop();
    await finishedTwo;
  });

  test("a reactor listens and connects again after a stop", async () => {
    await using server = await LiveServer.listen();
    const finished = server.reactor.run();
    await server.reactor.stop();
    await finished;
    const again = server.reactor.run();
    await server.port.startListening();
    const { peer, protocol } = await server.connection();
    peer.sendFIN();
    await protocol.lost();
    await server.reactor.stop();
    await again;
  });

  test("running or not, signal listeners are not left behind", async () => {
    const count = () => process.listenerCount("SIGTERM") + process.listenerCount("SIGINT");
    const before = count();
    const reactor = new BunReactor();
    const finished = reactor.run();
    expect(count()).toBe(before + 2);
    await reactor.stop();
    await finished;
    expect(count()).toBe(before);
  });
});
