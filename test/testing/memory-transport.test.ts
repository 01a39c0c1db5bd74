import { describe, expect, test } from "bun:test";
import { UNIXAddress } from "../../src/reactor/address.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { ConnectionClosedError } from "../../src/reactor/close-reason.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

/** A producer that counts its calls. */
class CountingProducer {
  readonly calls: string[] = [];

  resumeProducing(): void {
    this.calls.push("resume");
  }

  pauseProducing(): void {
    this.calls.push("pause");
  }

  stopProducing(): void {
    this.calls.push("stop");
  }
}

describe("MemoryTransport", () => {
  test("value is all that was written, until clear", () => {
    const transport = new MemoryTransport();
    expect(transport.write("é")).toBe(true);
    expect(transport.writeSequence([Buffer.from("1"), "2"])).toBe(true);
    expect(transport.value().toString()).toBe("é12");
    transport.clear();
    expect(transport.value().length).toBe(0);
    expect(transport.stats).toEqual({ bytesReceived: 0, bytesSent: 4, sends: 3, shortSends: 0 });
  });

  test("a protocol answers into it without a network", () => {
    const transport = new MemoryTransport();
    const protocol = new RecordingProtocol({
      dataReceived: (me, data) => me.connection.write(data),
    });
    protocol.makeConnection(transport);
    protocol.dataReceived(Buffer.from("hi"));
    expect(transport.value().toString()).toBe("hi");
  });

  test("what is written after loseConnection is dropped", () => {
    const transport = new MemoryTransport();
    transport.write("kept");
    transport.loseConnection();
    expect(transport.write("dropped")).toBe(false);
    expect(transport.value().toString()).toBe("kept");
    expect(transport.disconnecting).toBe(true);
    expect(transport.producerState).toBe("stopped");
  });

  test("with a producer registered writing goes on until it unregisters", () => {
    const transport = new MemoryTransport();
    transport.registerProducer(new CountingProducer(), true);
    transport.loseConnection();
    expect(transport.write("tail")).toBe(true);
    transport.unregisterProducer();
    expect(transport.write("dropped")).toBe(false);
    expect(transport.value().toString()).toBe("tail");
  });

  test("abort wins over lose, stops the producer once and ends writing", async () => {
    const transport = new MemoryTransport();
    const producer = new CountingProducer();
    transport.registerProducer(producer, true);
    transport.loseConnection();
    transport.abortConnection();
    transport.abortConnection();
    transport.loseConnection();
    expect(transport.aborted).toBe(true);
    expect(transport.disconnecting).toBe(true);
    expect(producer.calls).toEqual(["stop"]);
    expect(transport.write("x")).toBe(false);
    await expect(transport.drained()).rejects.toBeInstanceOf(ConnectionClosedError);
  });

  test("a second producer throws; one that comes after the end is stopped at once", () => {
    const transport = new MemoryTransport();
    const [first, second] = [new CountingProducer(), new CountingProducer()];
    transport.registerProducer(first, false);
    expect(transport.producer).toBe(first);
    expect(transport.streaming).toBe(false);
    expect(() => transport.registerProducer(second, true)).toThrow("another one is registered");
    transport.unregisterProducer();
    transport.loseConnection();
    transport.registerProducer(second, true);
    expect(second.calls).toEqual(["stop"]);
    expect(transport.producer).toBeNull();
  });

  test("producerState follows pause, resume and stop", () => {
    const transport = new MemoryTransport();
    expect(transport.producerState).toBe("producing");
    transport.pauseProducing();
    expect(transport.producerState).toBe("paused");
    transport.resumeProducing();
    expect(transport.producerState).toBe("producing");
    transport.stopProducing();
    transport.resumeProducing();
    expect(transport.producerState).toBe("stopped");
    expect(transport.disconnecting).toBe(true);
  });

  test("loseWriteConnection ends writing but is no close", () => {
    const transport = new MemoryTransport();
    transport.loseWriteConnection();
    expect(transport.writeEnding).toBe(true);
    expect(transport.disconnecting).toBe(false);
    expect(transport.write("x")).toBe(false);
    expect(transport.producerState).toBe("producing");
  });

  test("the addresses are those of old, or as given", () => {
    expect(new MemoryTransport().getPeer().toString()).toBe("tcp 192.168.1.1:54321");
    expect(new MemoryTransport().getHost().toString()).toBe("tcp 10.0.0.1:12345");
    const peer = new UNIXAddress("/run/x");
    expect(new MemoryTransport({ peer }).getPeer()).toBe(peer);
  });

  test("bad arguments are refused as by a real transport", () => {
    const transport = new MemoryTransport();
    expect(() => transport.write(7 as never)).toThrow(TypeError);
    expect(() => transport.write("\ud800")).toThrow("lone surrogate");
    expect(() => transport.setWriteLimits({ low: 9, high: 1 })).toThrow(RangeError);
    expect(() => transport.loseConnection({ timeoutMs: Number.NaN })).toThrow(RangeError);
    expect(transport.disconnecting).toBe(false);
  });

  test("switchProtocol starts the next protocol and gives it the rest", () => {
    const transport = new MemoryTransport();
    const next = new RecordingProtocol();
    transport.switchProtocol(next, Buffer.from("rest"));
    expect(next.events).toEqual(["connectionMade", "dataReceived"]);
    expect(next.received.toString()).toBe("rest");
    expect(next.connection).toBe(transport);
  });

  test("switchProtocol while reading is paused: the rest comes when it goes on", () => {
    const transport = new MemoryTransport();
    const next = new RecordingProtocol();
    transport.pauseProducing();
    transport.switchProtocol(next, Buffer.from("rest"));
    expect(next.events).toEqual(["connectionMade"]);
    transport.resumeProducing();
    transport.resumeProducing();
    expect(next.events).toEqual(["connectionMade", "dataReceived"]);
    expect(next.received.toString()).toBe("rest");
  });

  test("switchProtocol to one that closes at once: it gets no data any more", () => {
    const transport = new MemoryTransport();
    const events: string[] = [];
    const next = new (class extends Protocol {
      override connectionMade(): void {
        events.push("connectionMade");
        this.transport.loseConnection();
      }

      override dataReceived(): void {
        events.push("dataReceived");
      }
    })();
    transport.switchProtocol(next, Buffer.from("rest"));
    expect(events).toEqual(["connectionMade"]);
  });
});
