/** The receiving end of udp-throughput, which may face a network. */
import { describe, expect, test } from "bun:test";
import { BunReactor, type CloseReason, Factory } from "pretzel";
import { chunkings, connectedPair } from "pretzel/testing";
import { parseSenderMessage } from "../../bench/udp-throughput/control-message.ts";
import { DatagramReceiver } from "../../bench/udp-throughput/datagram-receiver.ts";
import { LineConnection } from "../../bench/udp-throughput/line-connection.ts";
import { ReceiverSession } from "../../bench/udp-throughput/receiver-session.ts";

const HOST = "127.0.0.1";
const DATAGRAM = { bytes: 64, seed: 1, compares: true };

describe("DatagramReceiver", () => {
  test("serves one sender at a time, and the next once that has gone", async () => {
    const reactor = new BunReactor();
    await using receiver = new DatagramReceiver(reactor);
    const port = await receiver.listen(HOST, 0);
    {
      using first = await ReceiverSession.open(reactor, HOST, port);
      await first.begin(DATAGRAM);
      using second = await ReceiverSession.open(reactor, HOST, port);
      await expect(second.begin(DATAGRAM)).rejects.toThrow("Another sender is being served");
      expect(await first.end(0, 0)).toMatchObject({ received: 0, damaged: 0, shed: 0 });
    }
    await waitUntilFree(reactor, port);
  });

  test("answers an end without a beginning with a refusal", async () => {
    const reactor = new BunReactor();
    await using receiver = new DatagramReceiver(reactor);
    const port = await receiver.listen(HOST, 0);
    using session = await ReceiverSession.open(reactor, HOST, port);
    await expect(session.end(0, 0)).rejects.toThrow("No run has begun");
  });

  test("refuses what is no message, and closes", async () => {
    const reactor = new BunReactor();
    await using receiver = new DatagramReceiver(reactor);
    const port = await receiver.listen(HOST, 0);
    const lines: string[] = [];
    const ended = Promise.withResolvers<CloseReason>();
    const connection = new LineConnection((line) => lines.push(line), ended.resolve);
    await reactor.connectTCP({ host: HOST, port }, new Factory(() => connection));
    connection.send("GET / HTTP/1.1");
    expect(await ended.promise).toEqual({ kind: "done" });
    expect(lines).toEqual([expect.stringContaining("refused")]);
  });
});

describe("parseSenderMessage", () => {
  for (const line of [
    "",
    "null",
    "[]",
    '{"type":"report"}',
    '{"type":"end","sent":-1,"quietMs":0}',
    '{"type":"end","sent":0,"quietMs":1e9}',
    '{"type":"begin","run":1,"datagram":{"bytes":65508,"seed":1}}',
    '{"type":"begin","run":1,"datagram":{"bytes":7,"seed":1}}',
    '{"type":"begin","run":"1","datagram":{"bytes":64,"seed":1}}',
  ]) {
    test(`refuses ${JSON.stringify(line)}`, () => {
      expect(() => parseSenderMessage(line)).toThrow(SyntaxError);
    });
  }
});

describe("LineConnection", () => {
  test("hands on lines however they are cut", () => {
    const text = `${JSON.stringify({ a: 1 })}\n\nb\n`;
    for (const chunks of chunkings(Buffer.from(text))) {
      const lines: string[] = [];
      const pair = connect((line) => lines.push(line));
      for (const chunk of chunks) {
        pair.client.write(chunk);
        pair.flush();
      }
      expect(lines).toEqual(['{"a":1}', "", "b"]);
    }
  });

  test("ends a peer whose line has no end", () => {
    const reasons: CloseReason[] = [];
    const pair = connect(
      () => {},
      (reason) => reasons.push(reason),
    );
    pair.client.write("x".repeat(5_000));
    pair.flush();
    expect(reasons).toEqual([{ kind: "aborted" }]);
  });
});

function connect(heard: (line: string) => void, ended: (reason: CloseReason) => void = () => {}) {
  const client = new LineConnection(
    () => {},
    () => {},
  );
  return connectedPair(client, new LineConnection(heard, ended));
}

/** Comes back when a new sender is served: those before it have gone. */
async function waitUntilFree(reactor: BunReactor, port: number): Promise<void> {
  for (;;) {
    using session = await ReceiverSession.open(reactor, HOST, port);
    try {
      await session.begin(DATAGRAM);
      return;
    } catch (error) {
      expect(String(error)).toContain("Another sender is being served");
    }
  }
}
