import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import type { ListenTCPOptions } from "../../src/reactor/reactor.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawListener } from "../raw-listener.ts";
import { RawPeer } from "../raw-peer.ts";
import { noAction, type RecordingProtocol } from "../transport/recording-protocol.ts";
import { LiveServer } from "./live-server.ts";
import { RecordingFactory } from "./recording-factory.ts";

function echo(protocol: RecordingProtocol, data: Buffer): void {
  protocol.connection.write(data);
}

/** Listens, expects that to fail, and returns with what; nothing may be left behind. */
async function failure(options: ListenTCPOptions): Promise<Error> {
  const before = openDescriptors();
  const factory = new RecordingFactory();
  const outcome = await new BunReactor().listenTCP(options, factory).then(
    () => null,
    (error: unknown) => error,
  );
  expect(openDescriptors()).toBeLessThanOrEqual(before);
  expect([[], ["start", "stop"]]).toContainEqual(factory.uses);
  if (outcome instanceof Error) return outcome;
  throw new Error("It listens");
}

describe("BunReactor.listenTCP", () => {
  test("a port that is taken: CannotListenError with address and code", async () => {
    using taken = new RawListener();
    const error = await failure({ port: taken.port });
    expect(error).toBeInstanceOf(CannotListenError);
    expect(error).toMatchObject({ code: "EADDRINUSE", address: `tcp 127.0.0.1:${taken.port}` });
    expect(error.message).toBe(`Cannot listen on tcp 127.0.0.1:${taken.port}: EADDRINUSE`);
  });

  test("an address that is not ours: CannotListenError with EADDRNOTAVAIL", async () => {
    const error = await failure({ host: "192.0.2.1" });
    expect(error).toBeInstanceOf(CannotListenError);
    expect(error).toMatchObject({ code: "EADDRNOTAVAIL" });
  });

  test("a name, or a port out of range, is refused as it stands", async () => {
    expect(await failure({ host: "localhost" })).toBeInstanceOf(InvalidAddressError);
    for (const port of [-1, 65_536, 1.5, Number.NaN]) {
      expect(await failure({ port })).toBeInstanceOf(InvalidAddressError);
    }
  });

  test("settings that cannot be used are refused as they stand", async () => {
    expect(await failure({ closeTimeoutMs: -1 })).toBeInstanceOf(RangeError);
    const writeLimits = { low: 2, high: 1, max: 3 };
    expect(await failure({ writeLimits })).toBeInstanceOf(RangeError);
  });

  test("port 0: host has the real port, on 127.0.0.1 unless told", async () => {
    await using server = await LiveServer.listen();
    expect(server.port.host).toMatchObject({ kind: "tcp", family: "IPv4", host: "127.0.0.1" });
    const { peer, protocol } = await server.connection();
    expect(protocol.connection.getHost().equals(server.port.host)).toBe(true);
    expect(peer.sees).toBe("data");
  });

  test("stopListening accepts no more, and existing connections live on", async () => {
    await using server = await LiveServer.listen({ dataReceived: echo });
    const { peer, protocol } = await server.connection();
    await server.port.stopListening();
    await expect(server.connect()).rejects.toThrow();
    await peer.send("still here");
    expect((await peer.receives(10)).toString()).toBe("still here");
    expect(server.port.connections.size).toBe(1);
    peer.sendFIN();
    await protocol.lost();
    expect(server.port.connections.size).toBe(0);
  });

  test("stopListening twice, at the same time or later, is fine", async () => {
    await using server = await LiveServer.listen();
    await Promise.all([server.port.stopListening(), server.port.stopListening()]);
    await server.port.stopListening();
    expect(server.port.fileDescriptor).toBe(-1);
    expect(server.factory.uses).toEqual(["start", "stop"]);
  });

  test("startListening listens again at the same port", async () => {
    await using server = await LiveServer.listen({ dataReceived: echo });
    const { host } = server.port;
    await server.port.stopListening();
    await server.port.startListening();
    expect(server.port.host.equals(host)).toBe(true);
    const { peer } = await server.connection();
    await peer.send("again");
    expect((await peer.receives(5)).toString()).toBe("again");
    expect(server.factory.uses).toEqual(["start", "stop", "start"]);
  });

  test("startListening while it listens changes nothing", async () => {
    await using server = await LiveServer.listen();
    const before = openDescriptors();
    await Promise.all([server.port.startListening(), server.port.startListening()]);
    expect(openDescriptors()).toBeLessThanOrEqual(before);
    expect(server.factory.uses).toEqual(["start"]);
  });

  test("startListening at a port that somebody took meanwhile: CannotListenError, then again", async () => {
    await using server = await LiveServer.listen();
    const { host } = server.port;
    if (host.kind === "unix") throw new Error("A TCP port has a path");
    await server.port.stopListening();
    {
      using _taken = new RawListener({ port: host.port });
      const starting = server.port.startListening();
      expect(await starting.catch((error: unknown) => error)).toBeInstanceOf(CannotListenError);
    }
    await server.port.startListening();
    await server.connection();
  });

  test("buildProtocol returns null: the peer sees the end of stream, nothing else is called", async () => {
    const logger = new MemoryLogger();
    await using port = await new BunReactor({ logger }).listenTCP({}, new Factory(() => null));
    using peer = await RawPeer.connect({ port: port.host.port });
    expect((await peer.end()).length).toBe(0);
    expect(port.connections.size).toBe(0);
    expect(logger.reports).toEqual([]);
  });

  test("buildProtocol throws: logged, the peer sees the end of stream, others are served", async () => {
    const fault = new Error("No more of them");
    class FailingOnce extends RecordingFactory {
      override buildProtocol(peer: Parameters<RecordingFactory["buildProtocol"]>[0]) {
        if (this.built.length > 0 || failed) return super.buildProtocol(peer);
        failed = true;
        throw fault;
      }
    }
    let failed = false;
    await using server = await LiveServer.listen(new FailingOnce({ dataReceived: echo }));
    using refused = await server.connect();
    await refused.end();
    expect(server.logger.errors).toEqual([fault]);
    const { peer } = await server.connection();
    await peer.send("served");
    await peer.receives(6);
  });

  test("startFactory once over several ports, stopFactory after the last", async () => {
    const reactor = new BunReactor();
    const factory = new RecordingFactory();
    const ports = [await reactor.listenTCP({}, factory), await reactor.listenTCP({}, factory)];
    expect(factory.uses).toEqual(["start"]);
    await ports[0]?.stopListening();
    expect(factory.uses).toEqual(["start"]);
    await ports[1]?.stopListening();
    expect(factory.uses).toEqual(["start", "stop"]);
  });

  test("startFactory throws: listening fails with it, nothing is left behind", async () => {
    const before = openDescriptors();
    class Failing extends RecordingFactory {
      override startFactory(): void {
        throw new Error("The factory has no power");
      }
    }
    const listening = new BunReactor().listenTCP({}, new Failing());
    await expect(listening).rejects.toThrow("no power");
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test("stopFactory throws: logged, stopListening resolves", async () => {
    const fault = new Error("The factory goes on and on");
    class Failing extends RecordingFactory {
      override stopFactory(): void {
        throw fault;
      }
    }
    await using server = await LiveServer.listen(new Failing());
    await server.port.stopListening();
    expect(server.logger.errors).toEqual([fault]);
  });

  test("stopFactory throws after a connect: logged, other connections go on", async () => {
    const fault = new Error("The factory goes on and on");
    class Failing extends RecordingFactory {
      override stopFactory(): void {
        super.stopFactory();
        throw fault;
      }
    }
    await using server = await LiveServer.listen({ dataReceived: echo });
    const { peer } = await server.connection();
    using listener = new RawListener();
    const factory = new Failing();
    await server.reactor.connectTCP({ host: "127.0.0.1", port: listener.port }, factory);
    (await listener.accept()).sendRST();
    await factory.stopped();
    await peer.send("still here");
    expect((await peer.receives(10)).toString()).toBe("still here");
    expect(server.logger.errors).toEqual([fault]);
  });

  test("a port that starts and stops a hundred times leaves no descriptor behind", async () => {
    const reactor = new BunReactor();
    const before = openDescriptors();
    for (let time = 0; time < 100; time++) {
      await using _port = await reactor.listenTCP({}, new RecordingFactory());
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });
});

describe("BunReactor: drain of a port", () => {
  test("accepts no more, tells every protocol once, and waits for their ends", async () => {
    await using server = await LiveServer.listen({
      draining: ({ connection }) => {
        connection.write("bye");
        connection.loseConnection();
      },
    });
    const connections = [await server.connection(), await server.connection()];
    const drained = server.port.drain();
    await expect(server.connect()).rejects.toThrow();
    for (const { peer } of connections) {
      expect((await peer.end()).toString()).toBe("bye");
      peer.sendFIN();
    }
    await drained;
    for (const { protocol } of connections) {
      expect(protocol.events).toEqual(["connectionMade", "draining", "connectionLost"]);
      expect(protocol.reason).toEqual({ kind: "done" });
    }
  });

  test("aborts what is left after its timeout", async () => {
    await using server = await LiveServer.listen({ draining: noAction });
    const { peer, protocol } = await server.connection();
    await server.port.drain({ timeoutMs: 10 });
    expect(protocol.reason).toEqual({ kind: "aborted" });
    await peer.reset();
  });

  test("aborts what is left when its signal aborts, before or meanwhile", async () => {
    for (const when of ["before", "meanwhile"]) {
      await using server = await LiveServer.listen();
      const { protocol } = await server.connection();
      const controller = new AbortController();
      if (when === "before") controller.abort();
      const drained = server.port.drain({ signal: controller.signal });
      controller.abort();
      await drained;
      expect(protocol.reason).toEqual({ kind: "aborted" });
    }
  });

  test("without connections it resolves at once", async () => {
    await using server = await LiveServer.listen();
    await server.port.drain();
    expect(server.factory.uses).toEqual(["start", "stop"]);
  });
});
