import { describe, expect, test } from "bun:test";
import type { FramingError } from "../../src/framing/framing-error.ts";
import {
  Int16StringReceiver,
  Int32StringReceiver,
  Int8StringReceiver,
} from "../../src/protocols/int-string-receiver.ts";
import { NetstringReceiver } from "../../src/protocols/netstring-receiver.ts";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";

class Sender extends Protocol {}

class Netstrings extends NetstringReceiver {
  readonly strings: string[] = [];
  readonly errors: string[] = [];
  reason: CloseReason | null = null;

  override stringReceived(string: Buffer): void {
    this.strings.push(string.toString());
    if (string.equals(Buffer.from("close"))) this.transport.loseConnection();
  }

  override framingFailed(error: FramingError): void {
    this.errors.push(error.name);
    super.framingFailed(error);
  }

  override connectionLost(reason: CloseReason): void {
    this.reason = reason;
  }
}

class Bytes extends Int8StringReceiver {
  readonly strings: string[] = [];
  readonly exceeded: number[] = [];
  override maxLength = 3;

  override stringReceived(string: Buffer): void {
    this.strings.push(string.toString());
  }

  override lengthLimitExceeded(length: number): void {
    this.exceeded.push(length);
  }
}

function sendOverPair(receiver: Protocol, input: string): void {
  const pair = connectedPair(new Sender(), receiver);
  pair.client.write(input);
  pair.flush();
}

describe("NetstringReceiver", () => {
  test("strings before a broken one are delivered, and it closes and says why", () => {
    const receiver = new Netstrings();
    sendOverPair(receiver, "1:a,1:b,01:c,1:d,");
    expect([receiver.strings, receiver.errors]).toEqual([["a", "b"], ["MalformedFrameError"]]);
    expect(receiver.reason).toEqual({ kind: "done" });
  });

  test("a string that is too long closes, and has a name of its own", () => {
    const receiver = new Netstrings();
    receiver.maxLength = 5;
    sendOverPair(receiver, "5:12345,6:123456,");
    expect([receiver.strings, receiver.errors]).toEqual([["12345"], ["FrameTooLongError"]]);
  });

  test("a maxLength that is none ends the connection, and nothing is kept", () => {
    const receiver = new Netstrings();
    receiver.maxLength = Number.NaN;
    sendOverPair(receiver, "999999999:abc");
    const cause = new RangeError("Cannot allow a maxLength of NaN: at least 0 is needed");
    expect([receiver.strings, receiver.reason]).toEqual([[], { kind: "lost", cause }]);
  });

  test("after loseConnection in stringReceived no further string is delivered", () => {
    const receiver = new Netstrings();
    sendOverPair(receiver, "5:close,1:a,");
    expect(receiver.strings).toEqual(["close"]);
  });

  test("sendString sends one netstring, however long", () => {
    const receiver = new Netstrings();
    const transport = new MemoryTransport();
    receiver.makeConnection(transport);
    receiver.sendString("hello");
    receiver.sendString(Buffer.alloc(100_000, "x"));
    expect(transport.value().toString()).toBe(`5:hello,100000:${"x".repeat(100_000)},`);
  });
});

describe("IntNStringReceiver", () => {
  test("a length that is too long is told once, and then everything is thrown away", () => {
    const receiver = new Bytes();
    sendOverPair(receiver, "\u0001a\u0004bbbb\u0001c");
    receiver.dataReceived(Buffer.from("\u0001d"));
    expect([receiver.strings, receiver.exceeded]).toEqual([["a"], [4]]);
  });

  test("it is told before the string itself comes", () => {
    const receiver = new Bytes();
    sendOverPair(receiver, "\u0004");
    expect(receiver.exceeded).toEqual([4]);
  });

  test("maxLength may change from one string to the next", () => {
    class Growing extends Bytes {
      override stringReceived(string: Buffer): void {
        super.stringReceived(string);
        this.maxLength++;
      }
    }
    const receiver = new Growing();
    sendOverPair(receiver, "\u0003aaa\u0004bbbb\u0005ccccc\u0007");
    expect([receiver.strings, receiver.exceeded]).toEqual([["aaa", "bbbb", "ccccc"], [7]]);
  });

  test("a string that its length field cannot count is refused, and nothing is sent", () => {
    class Words extends Int16StringReceiver {
      override stringReceived(): void {}
    }
    const receiver = new Words();
    const transport = new MemoryTransport();
    receiver.makeConnection(transport);
    expect(() => receiver.sendString("x".repeat(65_536))).toThrow(
      "Cannot encode 65536 bytes: a length field of 2 bytes cannot say so",
    );
    expect(transport.value()).toBeEmpty();
    receiver.sendString("hi");
    expect(transport.value().toString()).toBe("\u0000\u0002hi");
  });

  test("a string of 1 MiB byte by byte is put together in linear time", () => {
    const lengths: number[] = [];
    class Long extends Int32StringReceiver {
      override maxLength = 2 ** 20;

      override stringReceived(string: Buffer): void {
        lengths.push(string.length);
      }
    }
    const receiver = new Long();
    receiver.makeConnection(new MemoryTransport());
    receiver.dataReceived(Buffer.from("00100000", "hex"));
    const byte = Buffer.from("x");
    for (let count = 0; count < receiver.maxLength; count++) receiver.dataReceived(byte);
    expect(lengths).toEqual([2 ** 20]);
  });
});
