import { describe, expect, test } from "bun:test";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { StreamTransport } from "../../src/reactor/stream-transport.ts";
import { ProtocolWrapper } from "../../src/policies/protocol-wrapper.ts";
import { LineReceiver } from "../../src/protocols/line-receiver.ts";
import { chunkings } from "../../src/testing/chunkings.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";

/** What a `Recorder` does with a line, and with raw bytes. */
interface Actions {
  line?(receiver: Recorder, line: string): unknown;
  raw?(receiver: Recorder, data: Buffer): unknown;
}

/** Records what it is told, and then does what the test says. */
class Recorder extends LineReceiver {
  readonly lines: string[] = [];
  raw = "";
  reason: CloseReason | null = null;
  readonly #actions: Actions;

  constructor(actions: Actions = {}) {
    super();
    this.#actions = actions;
  }

  get connection(): StreamTransport {
    return this.transport;
  }

  override lineReceived(line: Buffer): void {
    this.lines.push(line.toString());
    return this.#actions.line?.(this, line.toString()) as void;
  }

  override rawDataReceived(data: Buffer): void {
    this.raw += data.toString();
    return this.#actions.raw?.(this, data) as void;
  }

  override connectionLost(reason: CloseReason): void {
    this.reason = reason;
  }
}

class Silent extends Protocol {
  readonly received: Buffer[] = [];

  override dataReceived(data: Buffer): void {
    this.received.push(data);
  }
}

function onMemory(receiver: LineReceiver): MemoryTransport {
  const transport = new MemoryTransport();
  receiver.makeConnection(transport);
  return transport;
}

/** Has a peer send `input` in one piece, over the transport that real connections have. */
function sendOverPair(receiver: Recorder, input: string) {
  const logger = new MemoryLogger();
  const pair = connectedPair(new Silent(), receiver, { logger });
  pair.client.write(input);
  pair.flush();
  return { pair, logger };
}

describe("LineReceiver: lines and raw bytes", () => {
  test("what is behind the line that sets raw mode is raw, in every chunking", () => {
    for (const chunks of chunkings("head\r\nbody\r\nbody")) {
      const receiver = new Recorder({ line: (self) => self.setRawMode() });
      onMemory(receiver);
      for (const chunk of chunks) receiver.dataReceived(chunk);
      expect([receiver.lines, receiver.raw]).toEqual([["head"], "body\r\nbody"]);
    }
  });

  test("the rest that setLineMode is given is lines again, before what comes later", () => {
    const receiver = new Recorder({
      line: (self, line) => line === "raw" && self.setRawMode(),
      raw: (self, data) => self.setLineMode(data.subarray(1)),
    });
    onMemory(receiver);
    receiver.dataReceived(Buffer.from("raw\r\nXone\r\nraw\r\nYtw"));
    receiver.dataReceived(Buffer.from("o\r\n"));
    expect(receiver.lines).toEqual(["raw", "one", "raw", "two"]);
  });

  test("the rest may also be given back later, and as a copy", () => {
    let rest = Buffer.alloc(0);
    const receiver = new Recorder({
      line: (self) => self.setRawMode(),
      raw: (_self, data) => (rest = Buffer.concat([rest, data])),
    });
    onMemory(receiver);
    receiver.dataReceived(Buffer.from("go\r\nab\r\n"));
    expect(receiver.lines).toEqual(["go"]);
    receiver.setLineMode(Buffer.from(rest));
    expect(receiver.lines).toEqual(["go", "ab"]);
  });

  test("a million changes of mode in one chunk neither overflow nor lose anything", () => {
    const flips = 1_000_000;
    class Flipping extends LineReceiver {
      lines = 0;
      rawBytes = 0;

      override lineReceived(): void {
        this.lines++;
        this.setRawMode();
      }

      override rawDataReceived(data: Buffer): void {
        this.rawBytes++;
        this.setLineMode(data.subarray(1));
      }
    }
    const receiver = new Flipping();
    onMemory(receiver);
    receiver.dataReceived(Buffer.from("a\r\nX".repeat(flips)));
    expect([receiver.lines, receiver.rawBytes]).toEqual([flips, flips]);
  });

  test("the beginning of a line goes to rawDataReceived when raw mode is set outside of it", () => {
    const receiver = new Recorder();
    onMemory(receiver);
    receiver.dataReceived(Buffer.from("be"));
    receiver.setRawMode();
    receiver.dataReceived(Buffer.from("gun"));
    expect(receiver.raw).toBe("begun");
  });

  test("raw bytes that nobody takes end the connection", () => {
    class Lines extends LineReceiver {
      override lineReceived(): void {
        this.setRawMode();
      }
    }
    const receiver = new Lines();
    onMemory(receiver);
    expect(() => receiver.dataReceived(Buffer.from("a\r\nb"))).toThrow(
      "rawDataReceived is not overridden",
    );
  });

  test("clearLineBuffer returns the rest, which is not delivered any more", () => {
    const rests: string[] = [];
    const receiver = new Recorder({
      line: (self) => rests.push(self.clearLineBuffer().toString()),
    });
    onMemory(receiver);
    receiver.dataReceived(Buffer.from("one\r\ntwo\r\nthr"));
    receiver.dataReceived(Buffer.from("ee\r\n"));
    expect([receiver.lines, rests]).toEqual([
      ["one", "ee"],
      ["two\r\nthr", ""],
    ]);
  });

  test("a delimiter that is changed in lineReceived ends the next line already", () => {
    const receiver = new Recorder({
      line: (self, line) => line === "lf" && (self.delimiter = "\n"),
    });
    onMemory(receiver);
    receiver.dataReceived(Buffer.from("a\n\r\nlf\r\nb\nc\r\n"));
    expect(receiver.lines).toEqual(["a\n", "lf", "b", "c\r"]);
  });

  test("a line that was delivered never changes, whatever comes later", () => {
    const kept: Buffer[] = [];
    class Keeping extends LineReceiver {
      override lineReceived(line: Buffer): void {
        kept.push(line);
      }
    }
    const sent = Array.from({ length: 500 }, (_, index) => `line ${index}`);
    const receiver = new Keeping();
    onMemory(receiver);
    const input = Buffer.from(sent.map((line) => `${line}\r\n`).join(""));
    for (let start = 0; start < input.length; start += 7) {
      receiver.dataReceived(Buffer.from(input.subarray(start, start + 7)));
    }
    expect(kept.map(String)).toEqual(sent);
  });
});

describe("LineReceiver: lines that are too long", () => {
  test("nothing of the rest is delivered, and the connection closes", () => {
    const receiver = new Recorder();
    receiver.maxLength = 5;
    const { pair } = sendOverPair(receiver, "12345\r\n123456\r\nok\r\n");
    expect(receiver.lines).toEqual(["12345"]);
    expect(receiver.reason).toEqual({ kind: "done" });
    expect(pair.client.write("x")).toBe(false);
  });

  test("who goes on in spite of it gets what comes next, from the beginning of a line", () => {
    class Lenient extends Recorder {
      readonly exceeded: string[] = [];
      override maxLength = 5;

      override lineLengthExceeded(rest: Buffer): void {
        this.exceeded.push(rest.toString());
      }
    }
    const receiver = new Lenient();
    onMemory(receiver);
    receiver.dataReceived(Buffer.from("1234567"));
    receiver.dataReceived(Buffer.from("ok\r\n"));
    expect([receiver.exceeded, receiver.lines]).toEqual([["1234567"], ["ok"]]);
  });

  test("a line of 1 MiB byte by byte is put together in linear time", () => {
    const receiver = new Recorder();
    receiver.maxLength = 2 ** 20;
    onMemory(receiver);
    const byte = Buffer.from("x");
    for (let count = 0; count < receiver.maxLength; count++) receiver.dataReceived(byte);
    receiver.dataReceived(Buffer.from("\r\n"));
    expect(receiver.lines.map(({ length }) => length)).toEqual([2 ** 20]);
  });
});

describe("LineReceiver: closing and pausing in a callback", () => {
  for (const verb of ["loseConnection", "abortConnection"] as const) {
    test(`after ${verb} no further line of the chunk is delivered`, () => {
      const receiver = new Recorder({
        line: (self, line) => line === "two" && self.connection[verb](),
      });
      sendOverPair(receiver, "one\r\ntwo\r\nthree\r\n");
      expect(receiver.lines).toEqual(["one", "two"]);
    });
  }

  test("after loseConnection through a policy no further line is delivered either", () => {
    const receiver = new Recorder({ line: (self) => self.connection.loseConnection() });
    const pair = connectedPair(new Silent(), new ProtocolWrapper(receiver) as never);
    pair.client.write("one\r\ntwo\r\n");
    pair.flush();
    expect(receiver.lines).toEqual(["one"]);
  });

  test("after stopProducing no further line is delivered, and the connection closes", () => {
    const receiver = new Recorder({ line: (self) => self.stopProducing() });
    sendOverPair(receiver, "one\r\ntwo\r\n");
    expect(receiver.lines).toEqual(["one"]);
    expect(receiver.reason).toEqual({ kind: "done" });
  });

  test("a pause holds the lines of the chunk, and the transport", () => {
    const receiver = new Recorder({ line: (self, line) => line === "a" && self.pauseProducing() });
    const transport = onMemory(receiver);
    receiver.dataReceived(Buffer.from("a\r\nb\r\n"));
    receiver.dataReceived(Buffer.from("c\r\n"));
    expect([receiver.lines, transport.producerState]).toEqual([["a"], "paused"]);
    receiver.resumeProducing();
    expect([receiver.lines, transport.producerState]).toEqual([["a", "b", "c"], "producing"]);
  });

  test("a resume that leads to another pause keeps the transport paused", () => {
    const receiver = new Recorder({ line: (self) => self.pauseProducing() });
    const transport = onMemory(receiver);
    receiver.dataReceived(Buffer.from("a\r\nb\r\n"));
    receiver.resumeProducing();
    expect([receiver.lines, transport.producerState]).toEqual([["a", "b"], "paused"]);
  });

  test("a pause and a resume in the same callback change nothing", () => {
    const receiver = new Recorder({
      line(self) {
        self.pauseProducing();
        self.resumeProducing();
      },
    });
    const transport = onMemory(receiver);
    receiver.dataReceived(Buffer.from("a\r\nb\r\n"));
    expect([receiver.lines, transport.producerState]).toEqual([["a", "b"], "producing"]);
  });

  test("what is fed inside a callback comes after what was there", () => {
    const receiver = new Recorder({
      line: (self, line) => line === "one" && self.dataReceived(Buffer.from("three\r\n")),
    });
    onMemory(receiver);
    receiver.dataReceived(Buffer.from("one\r\ntwo\r\n"));
    expect(receiver.lines).toEqual(["one", "two", "three"]);
  });

  test("the next protocol gets the rest of the chunk", () => {
    const next = new Silent();
    const receiver = new Recorder({
      line: (self) => self.connection.switchProtocol(next, self.clearLineBuffer()),
    });
    const { pair } = sendOverPair(receiver, "upgrade\r\nbinary");
    pair.client.write("data");
    pair.flush();
    expect(Buffer.concat(next.received).toString()).toBe("binarydata");
    expect(receiver.lines).toEqual(["upgrade"]);
  });
});

describe("LineReceiver: errors of callbacks end the connection, with themselves as the cause", () => {
  const fault = new Error("line refused");

  function refuse(): never {
    throw fault;
  }

  /** Lets everybody know of a promise who waits for it. */
  async function microtasks(): Promise<void> {
    for (let round = 0; round < 10; round++) await Promise.resolve();
  }

  test("thrown by lineReceived; the lines behind it are not delivered", () => {
    const receiver = new Recorder({ line: refuse });
    const { logger } = sendOverPair(receiver, "one\r\ntwo\r\n");
    expect(receiver.reason).toEqual({ kind: "lost", cause: fault });
    expect([receiver.lines, logger.errors]).toEqual([["one"], [fault]]);
  });

  test("a promise of lineReceived that rejects", async () => {
    const receiver = new Recorder({ line: async () => refuse() });
    const { pair, logger } = sendOverPair(receiver, "one\r\n");
    await microtasks();
    pair.flush();
    expect(receiver.reason).toEqual({ kind: "lost", cause: fault });
    expect(logger.errors).toEqual([fault]);
  });

  test("thrown by a line that resumeProducing delivered; its caller is not troubled", async () => {
    const receiver = new Recorder({
      line: (self, line) => (line === "pause" ? self.pauseProducing() : refuse()),
    });
    const { pair, logger } = sendOverPair(receiver, "pause\r\nbad\r\n");
    receiver.resumeProducing();
    await microtasks();
    pair.flush();
    expect(receiver.reason).toEqual({ kind: "lost", cause: fault });
    expect(logger.reports.map(({ message }) => message)).toEqual([
      "Recorder failed; its connection to tcp 192.168.1.1:54321 ends",
    ]);
  });

  test("a promise of a line that resumeProducing delivered", async () => {
    const receiver = new Recorder({
      line: async (self, line) => (line === "pause" ? self.pauseProducing() : refuse()),
    });
    const { pair } = sendOverPair(receiver, "pause\r\nbad\r\n");
    receiver.resumeProducing();
    await microtasks();
    pair.flush();
    expect(receiver.reason).toEqual({ kind: "lost", cause: fault });
  });

  test("of several promises the first that rejects, and only once", async () => {
    const receiver = new Recorder({
      line: async (_self, line) => (line === "good" ? undefined : refuse()),
    });
    const { pair, logger } = sendOverPair(receiver, "good\r\nbad\r\nbad\r\n");
    pair.client.write("bad\r\n");
    await microtasks();
    pair.flush();
    expect(receiver.reason).toEqual({ kind: "lost", cause: fault });
    expect(logger.errors).toEqual([fault]);
  });

  test("a promise that rejects, under a dataReceived that returns nothing", async () => {
    class Counting extends Recorder {
      bytes = 0;

      override dataReceived(data: Buffer): void {
        this.bytes += data.length;
        super.dataReceived(data);
      }
    }
    const receiver = new Counting({ line: async () => refuse() });
    const { pair, logger } = sendOverPair(receiver, "one\r\n");
    await microtasks();
    pair.flush();
    expect(receiver.reason).toEqual({ kind: "lost", cause: fault });
    expect(logger.errors).toEqual([fault]);
  });

  test("thrown by a line that setLineMode delivered; its caller is not troubled", () => {
    const receiver = new Recorder({
      line: (self, line) => (line === "raw" ? self.setRawMode() : refuse()),
    });
    const { pair } = sendOverPair(receiver, "raw\r\n");
    receiver.setLineMode(Buffer.from("bad\r\n"));
    pair.flush();
    expect(receiver.reason).toEqual({ kind: "lost", cause: fault });
  });

  test("what is thrown and is no error becomes the cause of one", () => {
    const receiver = new Recorder({
      line(self, line) {
        if (line === "raw") return self.setRawMode();
        throw "not an error";
      },
    });
    const { pair } = sendOverPair(receiver, "raw\r\n");
    receiver.setLineMode(Buffer.from("bad\r\n"));
    pair.flush();
    expect(receiver.reason).toMatchObject({ kind: "lost", cause: { cause: "not an error" } });
  });
});
