import { describe, expect, test } from "bun:test";
import { InternetAddress } from "../../src/reactor/address.ts";
import { SocketOptionError } from "../../src/reactor/socket-option.ts";
import { MemoryDriver, type MemoryLinkOptions } from "../../src/testing/memory-driver.ts";
import { MemoryLoop } from "../../src/testing/memory-loop.ts";
import type { StreamEvents } from "../../src/transport/stream-driver.ts";

const HERE = new InternetAddress("tcp", "127.0.0.1", 1);
const THERE = new InternetAddress("tcp", "127.0.0.1", 2);

/** Writes down what a driver reports. */
class Recorder implements StreamEvents {
  readonly events: string[] = [];

  received(data: Buffer): void {
    this.events.push(`received ${data.length > 20 ? data.length : data.toString()}`);
  }

  writable(): void {
    this.events.push("writable");
  }

  readEnded(): void {
    this.events.push("readEnded");
  }

  handshakeCompleted(): void {
    this.events.push("handshakeCompleted");
  }

  failed(error: Error): void {
    this.events.push(`failed ${error.message}`);
  }

  closed(error?: Error): void {
    const code = error !== undefined && "code" in error ? ` ${error.code}` : "";
    this.events.push(`closed${code}`);
  }

  /** What was reported since the last time. */
  take(): string[] {
    return this.events.splice(0);
  }
}

function drivers(options: MemoryLinkOptions = {}) {
  const loop = new MemoryLoop({ automatic: false });
  const a = new MemoryDriver(loop, HERE, THERE, options);
  const b = new MemoryDriver(loop, THERE, HERE, options);
  MemoryDriver.join(a, b);
  const [atA, atB] = [new Recorder(), new Recorder()];
  a.attach(atA);
  b.attach(atB);
  return { loop, a, b, atA, atB };
}

function send(driver: MemoryDriver, text: string): number {
  return driver.write(Buffer.from(text), 0, text.length);
}

describe("MemoryDriver", () => {
  test("bytes arrive once the loop runs, joined, and never before", () => {
    const { loop, a, atB } = drivers();
    expect(send(a, "one ")).toBe(4);
    expect(send(a, "two")).toBe(3);
    expect(atB.take()).toEqual([]);
    loop.flush();
    expect(atB.take()).toEqual(["received one two"]);
  });

  test("what was written is copied, so its buffer may be used again", () => {
    const { loop, a, atB } = drivers();
    const buffer = Buffer.from("one");
    a.write(buffer, 0, 3);
    buffer.write("two");
    loop.flush();
    expect(atB.take()).toEqual(["received one"]);
  });

  test("only the given part of a buffer is sent", () => {
    const { loop, a, atB } = drivers();
    expect(a.write(Buffer.from("abcdef"), 2, 3)).toBe(3);
    loop.flush();
    expect(atB.take()).toEqual(["received cde"]);
  });

  test("with maxChunkBytes the bytes arrive in chunks of that size", () => {
    const { loop, a, atB } = drivers({ maxChunkBytes: 2 });
    send(a, "abcde");
    loop.flush();
    expect(atB.take()).toEqual(["received ab", "received cd", "received e"]);
  });

  test("a full buffer takes a part, then nothing, and is writable after its peer has read", () => {
    const { loop, a, atA, atB } = drivers({ bufferBytes: 4 });
    expect(send(a, "abcdef")).toBe(4);
    expect(send(a, "ef")).toBe(0);
    loop.flush();
    expect(atB.take()).toEqual(["received abcd"]);
    expect(atA.take()).toEqual(["writable"]);
    expect(send(a, "ef")).toBe(2);
  });

  test("a pause holds bytes and the end of stream back until resume", () => {
    const { loop, a, b, atB } = drivers();
    b.pause();
    send(a, "late");
    a.shutdown();
    loop.flush();
    expect(atB.take()).toEqual([]);
    b.resume();
    loop.flush();
    expect(atB.take()).toEqual(["writable", "received late", "readEnded"]);
  });

  test("a reset comes through a pause, after the bytes before it", () => {
    const { loop, a, b, atA, atB } = drivers();
    b.pause();
    send(a, "last");
    a.terminate();
    expect(atA.take()).toEqual(["closed"]);
    loop.flush();
    expect(atB.take()).toEqual(["received last", "closed ECONNRESET"]);
  });

  test("the end of stream follows the bytes, and writing goes on the other way", () => {
    const { loop, a, b, atA, atB } = drivers();
    send(a, "question");
    a.shutdown();
    loop.flush();
    expect(atB.take()).toEqual(["received question", "readEnded"]);
    expect(send(b, "answer")).toBe(6);
    loop.flush();
    expect(atA.take()).toEqual(["received answer"]);
  });

  test("after our own end the peer's end gives closed alone", () => {
    const { loop, a, b, atA, atB } = drivers();
    a.shutdown();
    loop.flush();
    atB.take();
    b.shutdown();
    expect(atB.take()).toEqual(["closed"]);
    loop.flush();
    expect(atA.take()).toEqual(["closed"]);
  });

  test("two ends of stream that cross close both", () => {
    const { loop, a, b, atA, atB } = drivers();
    a.shutdown();
    b.shutdown();
    expect([...atA.take(), ...atB.take()]).toEqual([]);
    loop.flush();
    expect(atA.take()).toEqual(["closed"]);
    expect(atB.take()).toEqual(["closed"]);
  });

  test("writing returns -1 after our end, and after the connection has ended", () => {
    const { a, b } = drivers();
    a.shutdown();
    expect(send(a, "x")).toBe(-1);
    b.terminate();
    expect(send(b, "x")).toBe(-1);
  });

  test("a write that meets a reset fails, and then the close looks clean", () => {
    const { loop, a, b, atA } = drivers();
    send(b, "before");
    b.terminate();
    expect(send(a, "x")).toBe(-1);
    loop.flush();
    expect(atA.take()).toEqual(["received before", "readEnded", "closed"]);
  });

  test("nothing is reported after closed, and a second terminate does nothing", () => {
    const { loop, a, b, atA } = drivers();
    send(b, "lost");
    a.terminate();
    a.terminate();
    a.resume();
    loop.flush();
    expect(atA.take()).toEqual(["closed"]);
  });

  test("what happens before attach waits until then", () => {
    const loop = new MemoryLoop({ automatic: false });
    const a = new MemoryDriver(loop, HERE, THERE, {});
    const b = new MemoryDriver(loop, THERE, HERE, {});
    MemoryDriver.join(a, b);
    send(a, "early");
    a.shutdown();
    loop.flush();
    const atB = new Recorder();
    b.attach(atB);
    loop.flush();
    expect(atB.take()).toEqual(["received early", "readEnded"]);
  });

  test("socket options keep what they are set to until the end", () => {
    const { a } = drivers();
    expect(a.getSocketOption("TCP_NODELAY")).toBe(true);
    a.setNoDelay(false);
    a.setKeepAlive(true, 1500);
    a.setSocketOption("IP_TOS", 16);
    expect(a.getSocketOption("TCP_NODELAY")).toBe(false);
    expect(a.getSocketOption("SO_KEEPALIVE")).toBe(true);
    expect(a.getSocketOption("TCP_KEEPIDLE")).toBe(2);
    expect(a.getSocketOption("IP_TOS")).toBe(16);
    expect(() => a.getSocketOption("SO_SNDBUF")).toThrow(SocketOptionError);
    expect(() => a.getSocketOption("TCP_INFO")).toThrow("has no TCP behind it");
    a.terminate();
    expect(() => a.getSocketOption("IP_TOS")).toThrow("the socket is closed");
  });

  test("sizes that are not whole numbers above 0 are refused", () => {
    expect(() => drivers({ bufferBytes: 0 })).toThrow(RangeError);
    expect(() => drivers({ maxChunkBytes: 1.5 })).toThrow("maxChunkBytes of 1.5");
  });
});

describe("MemoryLoop", () => {
  test("pump cannot be called inside a callback that it makes", () => {
    const loop = new MemoryLoop({ automatic: false });
    loop.soon(() => loop.pump());
    expect(() => loop.pump()).toThrow("Cannot pump inside a callback");
    expect(loop.pump()).toBe(0);
  });

  test("flush gives up on a conversation that never ends", () => {
    const loop = new MemoryLoop({ automatic: false });
    const again = () => loop.nextTurn(again);
    again();
    expect(() => loop.flush()).toThrow("still busy after 100000 rounds");
  });

  test("an automatic one runs by itself, and lets the runtime breathe", async () => {
    const loop = new MemoryLoop({ automatic: true });
    let turns = 0;
    let stopped = false;
    const again = () => {
      turns++;
      if (!stopped) loop.nextTurn(again);
    };
    again();
    await new Promise((resolve) => setImmediate(resolve));
    stopped = true;
    expect(turns).toBeGreaterThan(500);
  });
});
