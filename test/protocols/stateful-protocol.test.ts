import { describe, expect, test } from "bun:test";
import { FrameTooLongError } from "../../src/framing/framing-error.ts";
import { type SizedState, StatefulProtocol } from "../../src/protocols/stateful-protocol.ts";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";

/** A length of two bytes, and a body of that many. */
class Records extends StatefulProtocol {
  readonly bodies: string[] = [];
  reason: CloseReason | null = null;

  override getInitialState(): SizedState {
    return [this.headerReceived, 2];
  }

  headerReceived(header: Buffer): SizedState {
    return [this.bodyReceived, header.readUInt16BE()];
  }

  bodyReceived(body: Buffer): SizedState | void {
    this.bodies.push(body.toString());
    if (body.toString() === "close") return this.transport.loseConnection();
    return [this.headerReceived, 2];
  }

  override connectionLost(reason: CloseReason): void {
    this.reason = reason;
  }
}

/** Writes as soon as it is connected. */
class Writer extends Protocol {
  readonly #data: Buffer;

  constructor(data: Buffer) {
    super();
    this.#data = data;
  }

  override connectionMade(): void {
    this.transport.write(this.#data);
  }
}

function receive<P extends StatefulProtocol>(protocol: P, chunks: Iterable<Buffer>): P {
  protocol.makeConnection(new MemoryTransport());
  for (const chunk of chunks) protocol.dataReceived(chunk);
  return protocol;
}

describe("StatefulProtocol", () => {
  test("a part of no bytes is delivered at once", () => {
    const input = Buffer.from("\u0000\u0000\u0000\u0001a");
    expect(receive(new Records(), [input]).bodies).toEqual(["", "a"]);
  });

  test("a state that returns nothing goes on", () => {
    class Pairs extends StatefulProtocol {
      readonly pairs: string[] = [];

      override getInitialState(): SizedState {
        return [this.pairReceived, 2];
      }

      pairReceived(pair: Buffer): void {
        this.pairs.push(pair.toString());
      }
    }
    expect(receive(new Pairs(), [Buffer.from("aabbc")]).pairs).toEqual(["aa", "bb"]);
  });

  test("after loseConnection no further part is delivered", () => {
    const input = Buffer.from("\u0000\u0005close\u0000\u0001a");
    const records = new Records();
    connectedPair(new Writer(input), records).flush();
    expect([records.bodies, records.reason]).toEqual([["close"], { kind: "done" }]);
  });

  test("a length above maxLength ends the connection with the error as the cause", () => {
    const records = new Records();
    records.maxLength = 5;
    const logger = new MemoryLogger();
    connectedPair(new Writer(Buffer.from("\u0000\u0006")), records, { logger }).flush();
    expect(records.reason?.kind === "lost" && records.reason.cause).toBeInstanceOf(
      FrameTooLongError,
    );
  });

  test("a state of a number of bytes that cannot be is an error", () => {
    class Broken extends Records {
      override headerReceived(): SizedState {
        return [this.bodyReceived, -1];
      }
    }
    expect(() => receive(new Broken(), [Buffer.from("\u0000\u0000")])).toThrow(
      new RangeError("Cannot wait for -1 bytes: a whole number of at least 0 is needed"),
    );
  });

  test("a state that returns a promise is an error, whatever becomes of the promise", async () => {
    const fault = new Error("too late");
    class Waiting extends Records {
      override headerReceived(): SizedState {
        return Promise.reject(fault) as unknown as SizedState;
      }
    }
    const waiting = new Waiting();
    const logger = new MemoryLogger();
    connectedPair(new Writer(Buffer.from("\u0000\u0001")), waiting, { logger }).flush();
    await Promise.resolve();
    expect(waiting.reason).toEqual({ kind: "lost", cause: expect.any(TypeError) });
    expect(logger.errors).toEqual([expect.any(TypeError), fault]);
  });
});
