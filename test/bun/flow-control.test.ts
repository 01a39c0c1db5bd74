import { describe, expect, test } from "bun:test";
import { ConnectionClosedError, SendBufferFullError } from "../../src/reactor/close-reason.ts";
import type { StreamTransport } from "../../src/reactor/stream-transport.ts";
import { noAction, type RecordingProtocol } from "../transport/recording-protocol.ts";
import { openConnection, SIDES } from "./live-connection.ts";
import { loopTurns } from "./loop-turns.ts";

const MEBIBYTE = Buffer.alloc(1_048_576, "0123456789abcdef");

/** More than the kernel's buffers of both ends take together. */
const MUCH = Buffer.concat(Array.from({ length: 12 }, () => MEBIBYTE));

/** Writes a fixed amount in pieces, as fast as it is let. */
class PieceProducer {
  readonly calls: string[] = [];
  readonly #transport: StreamTransport;
  readonly #piece = Buffer.alloc(16_384, "0123456789abcdef");
  #piecesLeft: number;
  #paused = true;

  constructor(transport: StreamTransport, pieces: number) {
    this.#transport = transport;
    this.#piecesLeft = pieces;
  }

  get bytes(): number {
    return this.#piecesLeft * this.#piece.length;
  }

  pauseProducing(): void {
    this.calls.push("pause");
    this.#paused = true;
  }

  resumeProducing(): void {
    this.calls.push("resume");
    this.#paused = false;
    while (!this.#paused && this.#piecesLeft > 0) this.writePiece();
  }

  stopProducing(): void {
    this.calls.push("stop");
  }

  writePiece(): void {
    this.#piecesLeft--;
    this.#transport.write(this.#piece);
    if (this.#piecesLeft === 0) this.#transport.unregisterProducer();
  }
}

describe.each(SIDES)("BunReactor, %s", (side) => {
  test("pauseProducing: no data and no end until resumeProducing, then both in order", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.pauseProducing();
    await peer.send("while paused");
    peer.sendFIN();
    await loopTurns();
    expect(protocol.events).toEqual(["connectionMade"]);
    protocol.connection.resumeProducing();
    expect(await protocol.lost()).toEqual({ kind: "done" });
    expect(protocol.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
    expect(protocol.received.toString()).toBe("while paused");
  });

  test("pauseProducing in connectionMade holds back what comes first", async () => {
    await using live = await openConnection(side, {
      connectionMade: ({ connection }) => connection.pauseProducing(),
    });
    const { peer, protocol } = live;
    await peer.send("early");
    await loopTurns();
    expect(protocol.events).toEqual(["connectionMade"]);
    protocol.connection.resumeProducing();
    await protocol.receives(5);
  });

  test("pauseProducing in dataReceived: nothing more comes until resumeProducing", async () => {
    await using live = await openConnection(side, {
      dataReceived: ({ connection }) => connection.pauseProducing(),
    });
    const { peer, protocol } = live;
    await peer.send("one");
    await protocol.receives(3);
    await peer.send("two");
    await loopTurns();
    expect(protocol.received.toString()).toBe("one");
    protocol.connection.resumeProducing();
    await protocol.receives(6);
    expect(protocol.received.toString()).toBe("onetwo");
  });

  test("a paused connection holds the peer back, and then delivers every byte", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.pauseProducing();
    const sent = peer.send(MUCH);
    expect(protocol.receivedBytes).toBe(0);
    protocol.connection.resumeProducing();
    await sent;
    await protocol.receives(MUCH.length);
    expect(MUCH.equals(protocol.received)).toBe(true);
  });

  test("a paused connection still sends, and closes when told", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.pauseProducing();
    protocol.connection.write("answer");
    await peer.receives(6);
    protocol.connection.loseConnection();
    await peer.end();
    peer.sendFIN();
    expect(await protocol.lost()).toEqual({ kind: "done" });
  });

  test("stopProducing closes like loseConnection", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.write("bye");
    protocol.connection.stopProducing();
    expect((await peer.end()).toString()).toBe("bye");
  });

  test("a push producer is paused while much waits, resumed below the mark, and all arrives", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    const producer = new PieceProducer(protocol.connection, 1_000);
    const { bytes } = producer;
    peer.stopReading();
    protocol.connection.registerProducer(producer, true);
    producer.resumeProducing();
    expect(producer.calls).toEqual(["resume", "pause"]);
    expect(protocol.connection.bufferedAmount).toBeGreaterThan(65_536);
    expect(protocol.connection.bufferedAmount).toBeLessThanOrEqual(65_536 + 16_384);
    peer.readOn();
    await peer.receives(bytes);
    const pauses = producer.calls.filter((call) => call === "pause").length;
    const resumes = producer.calls.filter((call) => call === "resume").length;
    expect(resumes).toBe(pauses + 1);
    expect(producer.calls.some((call, at) => call === producer.calls[at - 1])).toBe(false);
  });

  test("a push producer that does not stop is paused once, not at every write", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    const producer = new PieceProducer(protocol.connection, 2_000);
    peer.stopReading();
    protocol.connection.registerProducer(producer, true);
    for (let piece = 0; piece < 900; piece++) producer.writePiece();
    expect(producer.calls).toEqual(["pause"]);
  });

  test.each(["buffered", "immediate"] as const)(
    "a pull producer is asked once for each piece, and all arrives; %s",
    async (writeMode) => {
      await using live = await openConnection(side, {}, { writeMode });
      const { peer, protocol } = live;
      const { connection } = protocol;
      let asked = 0;
      const producer = {
        resumeProducing() {
          asked++;
          expect(connection.bufferedAmount).toBe(0);
          connection.write(MEBIBYTE);
          if (asked === 12) connection.unregisterProducer();
        },
        stopProducing() {},
      };
      connection.registerProducer(producer, false);
      expect(MUCH.equals(await peer.receives(MUCH.length))).toBe(true);
      expect(asked).toBe(12);
    },
  );

  test.each(["buffered", "immediate"] as const)(
    "a pull producer may write later than it is asked; %s",
    async (writeMode) => {
      await using live = await openConnection(side, {}, { writeMode });
      const { connection } = live.protocol;
      let pieces = 0;
      const resumeProducing = async () => {
        await Promise.resolve();
        connection.write(String(pieces++));
        if (pieces === 10) connection.unregisterProducer();
      };
      connection.registerProducer({ resumeProducing, stopProducing() {} }, false);
      expect((await live.peer.receives(10)).toString()).toBe("0123456789");
    },
  );

  test("a pull producer that the kernel keeps up with lets other callbacks run", async () => {
    await using live = await openConnection(side);
    const { protocol, reactor } = live;
    const { connection } = protocol;
    let turned = false;
    reactor.callLater(0, () => {
      turned = true;
      connection.unregisterProducer();
    });
    let asked = 0;
    const resumeProducing = () => {
      asked++;
      connection.write("x");
    };
    connection.registerProducer({ resumeProducing, stopProducing() {} }, false);
    await live.peer.receives(1);
    await loopTurns();
    expect(turned).toBe(true);
    expect(asked).toBeLessThan(1_000);
  });

  test("a second producer is refused, and the first goes on", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    const first = new PieceProducer(protocol.connection, 1);
    protocol.connection.registerProducer(first, true);
    const second = new PieceProducer(protocol.connection, 1);
    expect(() => protocol.connection.registerProducer(second, true)).toThrow("another one");
    first.resumeProducing();
    await peer.receives(16_384);
  });

  test("a lost connection stops its producer once, before connectionLost", async () => {
    const order: string[] = [];
    await using live = await openConnection(side, {
      connectionLost: () => order.push("connectionLost"),
    });
    const { protocol } = live;
    const stopProducing = () => order.push("stopProducing");
    const producer = { pauseProducing() {}, resumeProducing() {}, stopProducing };
    protocol.connection.registerProducer(producer, true);
    protocol.connection.abortConnection();
    await protocol.lost();
    expect(order).toEqual(["stopProducing", "connectionLost"]);
  });

  test("a producer that is registered too late is stopped at once", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    peer.sendFIN();
    await protocol.lost();
    const producer = new PieceProducer(protocol.connection, 1);
    protocol.connection.registerProducer(producer, true);
    expect(producer.calls).toEqual(["stop"]);
  });

  test("pauseWriting above the high mark, resumeWriting once at or below the low one", async () => {
    await using live = await openConnection(side, {
      pauseWriting: noAction,
      resumeWriting: noAction,
    });
    const { peer, protocol } = live;
    const { connection } = protocol;
    peer.stopReading();
    expect(connection.write(MUCH)).toBe(false);
    expect(connection.write("more")).toBe(false);
    const drained = connection.drained();
    peer.readOn();
    await drained;
    expect(connection.bufferedAmount).toBeLessThanOrEqual(16_384);
    expect(connection.write("again")).toBe(true);
    await peer.receives(MUCH.length + 9);
    expect(protocol.events).toEqual(["connectionMade", "pauseWriting", "resumeWriting"]);
  });

  test("drained() resolves at once when nothing waits", async () => {
    await using live = await openConnection(side);
    live.protocol.connection.write("a little");
    await live.protocol.connection.drained();
  });

  test("drained() rejects with the reason when the connection ends first", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    peer.stopReading();
    protocol.connection.write(MUCH);
    const drained = protocol.connection.drained();
    protocol.connection.abortConnection();
    expect(await drained.catch((error: unknown) => error)).toBeInstanceOf(ConnectionClosedError);
  });

  test("a peer that stops reading is lost at the hard limit, with SendBufferFullError", async () => {
    const writeLimits = { low: 1_000, high: 10_000, max: 100_000 };
    await using live = await openConnection(side, {}, { writeLimits });
    const { peer, protocol } = live;
    peer.stopReading();
    while (protocol.connection.write(MEBIBYTE));
    protocol.connection.write(MEBIBYTE);
    const reason = await protocol.lost();
    if (reason.kind !== "lost") throw new Error(`The connection ended as ${reason.kind}`);
    expect(reason.cause).toBeInstanceOf(SendBufferFullError);
    expect(reason.cause.message).toContain("of 100000 allowed");
    expect(protocol.connection.bufferedAmount).toBe(0);
  });

  test("an echo whose peer does not read stops reading, and loses no byte", async () => {
    const held = Promise.withResolvers<void>();
    await using live = await openConnection(side, {
      dataReceived: ({ connection }: RecordingProtocol, data) => {
        if (!connection.write(data)) held.resolve();
      },
    });
    const { peer, protocol } = live;
    peer.stopReading();
    const sent = peer.send(Buffer.concat([MUCH, MUCH]));
    await held.promise;
    await loopTurns();
    expect(protocol.connection.bufferedAmount).toBeLessThan(65_536 + 524_289);
    peer.readOn();
    await sent;
    peer.sendFIN();
    const back = await peer.end();
    expect(back.length).toBe(2 * MUCH.length);
    expect(back.subarray(MUCH.length).equals(MUCH)).toBe(true);
    expect(await protocol.lost()).toEqual({ kind: "done" });
  });
});

describe.each(["accepted TCP", "connected TCP"] as const)("BunReactor, %s", (side) => {
  test("paused: data and a reset wait for resumeProducing, then both in order", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.pauseProducing();
    await peer.send("last words");
    peer.sendRST();
    await loopTurns();
    expect(protocol.events).toEqual(["connectionMade"]);
    protocol.connection.resumeProducing();
    expect(await protocol.lost()).toMatchObject({ kind: "lost", cause: { code: "ECONNRESET" } });
    expect(protocol.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
    expect(protocol.received.toString()).toBe("last words");
  });

  test("paused and reset: loseConnection ends it without delivering what waited", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.pauseProducing();
    await peer.send("last words");
    peer.sendRST();
    await loopTurns();
    protocol.connection.loseConnection();
    expect(await protocol.lost()).toMatchObject({ kind: "lost" });
    expect(protocol.events).toEqual(["connectionMade", "connectionLost"]);
  });

  test("paused and reset: abortConnection ends it without delivering what waited", async () => {
    await using live = await openConnection(side);
    const { peer, protocol } = live;
    protocol.connection.pauseProducing();
    await peer.send("last words");
    peer.sendRST();
    await loopTurns();
    protocol.connection.abortConnection();
    expect(await protocol.lost()).toEqual({ kind: "aborted" });
    expect(protocol.events).toEqual(["connectionMade", "connectionLost"]);
  });
});
