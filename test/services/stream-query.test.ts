import { describe, expect, test } from "bun:test";
import { InternetAddress } from "../../src/reactor/address.ts";
import { ConnectionRefusedError, TimeoutError } from "../../src/reactor/connect-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import { queryStream } from "../../src/services/stream-query.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";

const WHERE = { host: "127.0.0.1", port: 7 };
const NOTHING = new Uint8Array(0);

/** A reactor on which `protocol` serves the first connection. */
async function serving(protocol: Protocol): Promise<MemoryReactor> {
  const reactor = new MemoryReactor();
  await reactor.listenTCP(WHERE, new Factory(() => protocol));
  return reactor;
}

describe("queryStream", () => {
  test("resolves with all that a service sends before it closes", async () => {
    const service = new RecordingProtocol({
      connectionMade: ({ connection }) => {
        connection.write("no");
        connection.write("w\r\n");
        connection.loseConnection();
      },
    });
    const reactor = await serving(service);
    const query = { ...WHERE, request: NOTHING, timeoutMs: 5_000 };
    expect(await queryStream(reactor, query, () => 1_000)).toEqual({
      peer: new InternetAddress("tcp", "127.0.0.1", 7),
      bytes: Buffer.from("now\r\n"),
      durationMs: 0,
      receivedAtUnixMs: 1_000,
    });
    expect(service.receivedBytes).toBe(0);
  });

  test("ends its side only when the answer is complete", async () => {
    const service = new RecordingProtocol({
      dataReceived: ({ connection }, data) => {
        expect(service.events).not.toContain("readConnectionLost");
        for (const byte of data) connection.write(Uint8Array.of(byte));
      },
      readConnectionLost: ({ connection }) => connection.loseConnection(),
    });
    const reactor = await serving(service);
    const request = Buffer.from("hello");
    const query = { ...WHERE, request, answerBytes: 5, timeoutMs: 5_000 };
    expect((await queryStream(reactor, query)).bytes.toString()).toBe("hello");
    expect(service.events.at(-1)).toBe("connectionLost");
  });

  test("bytes beyond the answer are part of the result, so that they can be complained of", async () => {
    const service = new RecordingProtocol({
      dataReceived: ({ connection }) => {
        connection.write("hello again");
        connection.loseConnection();
      },
    });
    const reactor = await serving(service);
    const query = { ...WHERE, request: Buffer.from("hello"), answerBytes: 5, timeoutMs: 5_000 };
    expect((await queryStream(reactor, query)).bytes.toString()).toBe("hello again");
  });

  test("nobody there is a ConnectionRefusedError", async () => {
    const query = { ...WHERE, request: NOTHING, timeoutMs: 5_000 };
    await expect(queryStream(new MemoryReactor(), query)).rejects.toBeInstanceOf(
      ConnectionRefusedError,
    );
  });

  test("a host that is silent is a TimeoutError", async () => {
    const reactor = new MemoryReactor();
    reactor.swallow("192.0.2.1");
    const query = { host: "192.0.2.1", port: 7, request: NOTHING, timeoutMs: 5_000 };
    const asked = queryStream(reactor, query);
    reactor.flush();
    reactor.advance(5_000);
    await expect(asked).rejects.toBeInstanceOf(TimeoutError);
  });

  test("a service that does not finish in time is given up", async () => {
    const service = new RecordingProtocol({ readConnectionLost: noAction });
    const reactor = await serving(service);
    const asked = queryStream(reactor, { ...WHERE, request: NOTHING, timeoutMs: 5_000 });
    await service.until(() => service.events.includes("connectionMade"));
    // The query has a timer once it has seen the connection.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    reactor.advance(5_000);
    await expect(asked).rejects.toThrow("tcp 127.0.0.1:7 did not finish its answer within 5000 ms");
    expect((await service.lost()).kind).toBe("lost");
  });

  test("a service that never stops sending is given up", async () => {
    const service = new RecordingProtocol({
      connectionMade: ({ connection }) => connection.write(Buffer.alloc(100_000)),
    });
    const reactor = await serving(service);
    const query = { ...WHERE, request: NOTHING, timeoutMs: 5_000 };
    await expect(queryStream(reactor, query)).rejects.toThrow(
      "tcp 127.0.0.1:7 sends no end of its answer",
    );
  });

  test("a service that resets the connection is named with the cause", async () => {
    const service = new RecordingProtocol({
      connectionMade: ({ connection }) => connection.abortConnection(),
    });
    const reactor = await serving(service);
    const query = { ...WHERE, request: NOTHING, timeoutMs: 5_000 };
    await expect(queryStream(reactor, query)).rejects.toThrow(
      "tcp 127.0.0.1:7 broke the connection: ",
    );
  });
});
