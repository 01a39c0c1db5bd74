import { describe, expect, test } from "bun:test";
import type { Codec } from "../../src/framing/codec.ts";
import { FramingError, MalformedFrameError } from "../../src/framing/framing-error.ts";
import { LengthFieldCodec } from "../../src/framing/length-field-codec.ts";
import { LineCodec } from "../../src/framing/line-codec.ts";
import { NetstringCodec } from "../../src/framing/netstring-codec.ts";
import type { ReceiveBuffer } from "../../src/framing/receive-buffer.ts";
import { FramedProtocol } from "../../src/protocols/framed-protocol.ts";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { chunkings } from "../../src/testing/chunkings.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";

interface Command {
  readonly verb: string;
  readonly value: number;
}

const SEMICOLON = 0x3b;

/** A format of a user: `verb=value;`. */
class CommandCodec implements Codec<Command> {
  readonly maxBytes = 20;

  decode(buffer: ReceiveBuffer): Command | null {
    const length = buffer.indexOf(SEMICOLON);
    if (length === -1) return null;
    const [verb = "", value] = buffer.take(length).toString().split("=");
    buffer.skip(1);
    if (value === undefined) throw new MalformedFrameError(`Command ${verb} has no value`);
    return { verb, value: Number(value) };
  }

  encode({ verb, value }: Command): string {
    return `${verb}=${value};`;
  }
}

class Commands extends FramedProtocol<Command> {
  readonly commands: Command[] = [];
  reason: CloseReason | null = null;

  constructor() {
    super(new CommandCodec());
  }

  override messageReceived(command: Command): void {
    this.commands.push(command);
    if (command.verb === "close") this.transport.loseConnection();
    if (command.verb === "double") this.send({ verb: "is", value: 2 * command.value });
  }

  override connectionLost(reason: CloseReason): void {
    this.reason = reason;
  }
}

class Collector extends Protocol {
  text = "";

  override dataReceived(data: Buffer): void {
    this.text += data.toString();
  }
}

/** Has a peer send `input` in one piece. */
function converse(protocol: Protocol, input: string) {
  const peer = new Collector();
  const logger = new MemoryLogger();
  const pair = connectedPair(peer, protocol, { logger });
  pair.client.write(input);
  pair.flush();
  return { peer, logger, pair };
}

describe("FramedProtocol over a codec of one's own", () => {
  test("messages are delivered in order, in every chunking", () => {
    for (const chunks of chunkings("a=1;b=2;")) {
      const protocol = new Commands();
      protocol.makeConnection(new MemoryTransport());
      for (const chunk of chunks) protocol.dataReceived(chunk);
      expect(protocol.commands).toEqual([
        { verb: "a", value: 1 },
        { verb: "b", value: 2 },
      ]);
    }
  });

  test("send sends what the codec makes of the message", () => {
    const { peer } = converse(new Commands(), "double=21;");
    expect(peer.text).toBe("is=42;");
  });

  test("after loseConnection in messageReceived no further message is delivered", () => {
    const protocol = new Commands();
    converse(protocol, "close=1;a=1;");
    expect(protocol.commands).toEqual([{ verb: "close", value: 1 }]);
    expect(protocol.reason).toEqual({ kind: "done" });
  });

  test("a malformed message ends the connection with that error as the cause", () => {
    const protocol = new Commands();
    const { logger } = converse(protocol, "a=1;b;c=3;");
    const [error] = logger.errors;
    expect(error).toBeInstanceOf(MalformedFrameError);
    expect(protocol.reason).toEqual({ kind: "lost", cause: error as Error });
    expect(protocol.commands).toEqual([{ verb: "a", value: 1 }]);
  });

  test("more bytes than maxBytes without a message are too many, exactly maxBytes are not", () => {
    const protocol = new Commands();
    const { pair, logger } = converse(protocol, "x".repeat(20));
    expect(protocol.reason).toBeNull();
    pair.client.write("x");
    pair.flush();
    expect(logger.errors.map(String)).toEqual([
      "FrameTooLongError: Message of 21 bytes or more is too long: 20 are allowed",
    ]);
    expect(protocol.reason?.kind).toBe("lost");
  });

  test("who handles the failure decides what happens; nothing more is delivered", () => {
    class Answering extends Commands {
      override framingFailed(error: FramingError): void {
        this.transport.write(`${error.message};`);
      }
    }
    const protocol = new Answering();
    const { peer, pair } = converse(protocol, "b;");
    pair.client.write("a=1;");
    pair.flush();
    expect([peer.text, protocol.commands]).toEqual(["Command b has no value;", []]);
    expect(protocol.reason).toBeNull();
  });

  test("an error that is none of framing is the cause as it is", () => {
    const fault = new SyntaxError("not JSON");
    class Fragile extends FramedProtocol<string> {
      reason: CloseReason | null = null;

      override messageReceived(): void {}

      override framingFailed(): void {
        throw new Error("This was not a failure of the framing");
      }

      override connectionLost(reason: CloseReason): void {
        this.reason = reason;
      }
    }
    const protocol = new Fragile({
      maxBytes: 10,
      encode: (text) => text,
      decode() {
        throw fault;
      },
    });
    converse(protocol, "x");
    expect(protocol.reason).toEqual({ kind: "lost", cause: fault });
  });

  test("a malformed message that resumeProducing comes upon has the same consequence", async () => {
    class Pausing extends Commands {
      override messageReceived(): void {
        this.pauseProducing();
      }
    }
    const protocol = new Pausing();
    const { pair } = converse(protocol, "a=1;b;");
    protocol.resumeProducing();
    for (let round = 0; round < 10; round++) await Promise.resolve();
    pair.flush();
    expect(protocol.reason?.kind === "lost" && protocol.reason.cause).toBeInstanceOf(FramingError);
  });

  test("the next protocol gets what clearBuffer returns", () => {
    const next = new Collector();
    class Switching extends Commands {
      override messageReceived(): void {
        this.transport.switchProtocol(next, this.clearBuffer());
      }
    }
    converse(new Switching(), "switch=1;rest");
    expect(next.text).toBe("rest");
  });
});

describe("FramedProtocol over the codecs of the library", () => {
  class Echo extends FramedProtocol<Buffer, Uint8Array | string> {
    override messageReceived(message: Buffer): void {
      this.send(message);
    }
  }

  test("a message goes there and back", () => {
    const inputs: [Codec<Buffer, Uint8Array | string>, string][] = [
      [new LineCodec(), "one\r\ntwo\r\n"],
      [new NetstringCodec(), "3:one,3:two,"],
      [new LengthFieldCodec({ fieldBytes: 1 }), "\u0003one\u0003two"],
    ];
    for (const [codec, input] of inputs) {
      expect(converse(new Echo(codec), input).peer.text).toBe(input);
    }
  });

  test("a message above the size that is copied goes out whole", () => {
    const input = `10000:${"x".repeat(10_000)},`;
    expect(converse(new Echo(new NetstringCodec()), input).peer.text).toBe(input);
  });
});
