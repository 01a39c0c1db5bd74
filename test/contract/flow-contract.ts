import { describe, expect } from "bun:test";
import { ConnectionClosedError, SendBufferFullError } from "../../src/reactor/close-reason.ts";
import type { StreamTransport } from "../../src/reactor/stream-transport.ts";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import {
  connect,
  contractTest,
  type ContractSkips,
  type MakeEnvironment,
  pattern,
} from "./contract-environment.ts";

/** More than any buffer between two ends holds. */
const A_LOT = 32 << 20;

/** A client that reads nothing until it is told to. */
function slowReader(): RecordingProtocol {
  return new RecordingProtocol({ connectionMade: (me) => me.connection.pauseProducing() });
}

/** Writes `piece` while it may, up to `maxPieces`, and then unregisters. */
class StreamingProducer {
  readonly calls: string[] = [];
  readonly #transport: StreamTransport;
  readonly #piece: Buffer;
  #piecesLeft: number;
  #mayWrite = true;

  constructor(transport: StreamTransport, piece: Buffer, pieces: number) {
    this.#transport = transport;
    this.#piece = piece;
    this.#piecesLeft = pieces;
  }

  produce(): void {
    while (this.#mayWrite && this.#piecesLeft > 0) {
      this.#piecesLeft--;
      this.#transport.write(this.#piece);
    }
    if (this.#piecesLeft === 0) this.#transport.unregisterProducer();
  }

  pauseProducing(): void {
    this.calls.push("pause");
    this.#mayWrite = false;
  }

  resumeProducing(): void {
    this.calls.push("resume");
    this.#mayWrite = true;
    this.produce();
  }

  stopProducing(): void {
    this.calls.push("stop");
  }
}

/** What happens when one side sends faster than the other reads. */
export function flowContract(name: string, make: MakeEnvironment, skips: ContractSkips) {
  describe(`${name}: flow`, () => {
    const test = contractTest(make, skips);

    test("a slow reader loses no byte", async (env) => {
      const [client, server] = [slowReader(), new RecordingProtocol()];
      await connect(env, client, server, {
        writeLimits: { low: 16_384, high: 65_536, max: 2 * A_LOT },
      });
      const bytes = pattern(A_LOT);
      expect(server.connection.write(bytes)).toBe(false);
      expect(server.connection.bufferedAmount).toBeGreaterThan(65_536);
      server.connection.loseConnection();
      await env.passTime(20);
      client.connection.resumeProducing();
      expect(await client.lost()).toEqual({ kind: "done" });
      expect(client.received.equals(bytes)).toBe(true);
    });

    test("a reader too slow for the hard limit is dropped as lost", async (env) => {
      const [client, server] = [slowReader(), new RecordingProtocol()];
      await connect(env, client, server);
      const bytes = pattern(A_LOT);
      for (let start = 0; start < A_LOT; start += 1 << 20) {
        server.connection.write(bytes.subarray(start, start + (1 << 20)));
      }
      const reason = await server.lost();
      expect(reason).toMatchObject({ kind: "lost", cause: expect.any(SendBufferFullError) });
    });

    test("an echo to a peer that does not read stops reading itself", async (env) => {
      const client = slowReader();
      let most = 0;
      const server = new RecordingProtocol({
        dataReceived: (me, data) => {
          me.connection.write(data);
          most = Math.max(most, me.connection.bufferedAmount);
        },
      });
      await connect(env, client, server, {
        writeLimits: { low: 16_384, high: 65_536, max: 2 * A_LOT },
      });
      const bytes = pattern(A_LOT);
      client.connection.write(bytes);
      await env.passTime(50);
      expect(most).toBeLessThan(2 << 20);
      client.connection.resumeProducing();
      await client.receives(A_LOT);
      expect(most).toBeLessThan(2 << 20);
      expect(client.received.equals(bytes)).toBe(true);
    });

    test("a streaming producer is paused and resumed at the water marks", async (env) => {
      const [client, server] = [slowReader(), new RecordingProtocol()];
      await connect(env, client, server);
      const piece = pattern(65_536);
      const pieces = A_LOT / piece.length;
      const producer = new StreamingProducer(server.connection, piece, pieces);
      server.connection.registerProducer(producer, true);
      producer.produce();
      expect(producer.calls).toEqual(["pause"]);
      expect(server.connection.bufferedAmount).toBeLessThan(4 << 20);
      client.connection.resumeProducing();
      await client.receives(A_LOT);
      expect(producer.calls.slice(0, 3)).toEqual(["pause", "resume", "pause"]);
      expect(producer.calls).not.toContain("stop");
    });

    test("a pull producer is asked for one piece at a time, until it unregisters", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      const { connection } = server;
      const waiting: number[] = [];
      let pieces = 0;
      connection.registerProducer(
        {
          resumeProducing: () => {
            waiting.push(connection.bufferedAmount);
            connection.write(Buffer.alloc(10_000, pieces));
            if (++pieces === 100) connection.unregisterProducer();
          },
          stopProducing: () => undefined,
        },
        false,
      );
      connection.loseConnection();
      await client.lost();
      expect(client.receivedBytes).toBe(1_000_000);
      expect(new Set(waiting)).toEqual(new Set([0]));
    });

    test("a second producer is refused, the end stops the first", async (env) => {
      const events: string[] = [];
      const server = new RecordingProtocol({ connectionLost: () => events.push("connectionLost") });
      await connect(env, new RecordingProtocol(), server);
      const producer = {
        resumeProducing: () => events.push("resume"),
        pauseProducing: () => events.push("pause"),
        stopProducing: () => events.push("stop"),
      };
      server.connection.registerProducer(producer, true);
      expect(() => server.connection.registerProducer(producer, true)).toThrow(Error);
      server.connection.abortConnection();
      await server.lost();
      expect(events).toEqual(["stop", "connectionLost"]);
      server.connection.registerProducer(producer, true);
      expect(events).toEqual(["stop", "connectionLost", "stop"]);
    });

    test("pauseWriting and resumeWriting frame the time above the water marks", async (env) => {
      const client = slowReader();
      const server = new RecordingProtocol({ pauseWriting: noAction, resumeWriting: noAction });
      await connect(env, client, server);
      server.connection.write(pattern(12 << 20));
      expect(server.events).toEqual(["connectionMade", "pauseWriting"]);
      client.connection.resumeProducing();
      await server.until(() => server.events.includes("resumeWriting"));
      expect(server.connection.bufferedAmount).toBeLessThanOrEqual(16_384);
      await client.receives(12 << 20);
      expect(server.events).toEqual(["connectionMade", "pauseWriting", "resumeWriting"]);
    });

    test("drained resolves when writing may go on, perhaps at once", async (env) => {
      const [client, server] = [slowReader(), new RecordingProtocol()];
      await connect(env, client, server);
      await server.connection.drained();
      expect(server.connection.write(pattern(12 << 20))).toBe(false);
      const drained = server.connection.drained();
      client.connection.resumeProducing();
      await drained;
      expect(server.connection.bufferedAmount).toBeLessThanOrEqual(16_384);
    });

    test("drained rejects when the connection ends first", async (env) => {
      const [client, server] = [slowReader(), new RecordingProtocol()];
      await connect(env, client, server);
      server.connection.write(pattern(12 << 20));
      const drained = server.connection.drained();
      server.connection.abortConnection();
      await expect(drained).rejects.toBeInstanceOf(ConnectionClosedError);
      await expect(server.connection.drained()).rejects.toBeInstanceOf(ConnectionClosedError);
    });

    test("write limits that contradict each other are refused", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      expect(() => client.connection.setWriteLimits({ low: 10, high: 5 })).toThrow(RangeError);
      expect(() => client.connection.setWriteLimits({ max: 1 })).toThrow(RangeError);
    });
  });
}
