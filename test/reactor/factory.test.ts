import { describe, expect, test } from "bun:test";
import { InternetAddress } from "../../src/reactor/address.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { MemoryDatagramTransport } from "../../src/testing/memory-datagram-transport.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";

class Plain extends Protocol {}

const PEER = new InternetAddress("tcp", "192.0.2.1", 7);

/** Notes when it starts and stops. */
class NotingFactory extends Factory<Plain> {
  readonly calls: string[] = [];

  override startFactory(): void {
    this.calls.push("start");
  }

  override stopFactory(): void {
    this.calls.push("stop");
  }
}

describe("Factory", () => {
  test("forProtocol makes a new instance for each peer", () => {
    const factory = Factory.forProtocol(Plain);
    const [one, two] = [factory.buildProtocol(PEER), factory.buildProtocol(PEER)];
    expect(one).toBeInstanceOf(Plain);
    expect(two).not.toBe(one);
  });

  test("a function gets the peer, and may refuse it with null", () => {
    const peers: string[] = [];
    const factory = new Factory((peer) => {
      peers.push(String(peer));
      return null;
    });
    expect(factory.buildProtocol(PEER)).toBeNull();
    expect(peers).toEqual(["tcp 192.0.2.1:7"]);
  });

  test("one without a function must override buildProtocol", () => {
    expect(() => new Factory().buildProtocol(PEER)).toThrow("buildProtocol is not overridden");
  });

  test("it admits everybody, as long as nobody overrides that", () => {
    const factory = Factory.forProtocol(Plain);
    expect(factory.admit(PEER)).toBe(true);
    expect(() => factory.dismiss(PEER)).not.toThrow();
  });

  test("it starts before its first user and stops after its last, again and again", () => {
    const factory = new NotingFactory();
    factory.doStart();
    factory.doStart();
    factory.doStop();
    expect(factory.calls).toEqual(["start"]);
    factory.doStop();
    factory.doStop();
    expect(factory.calls).toEqual(["start", "stop"]);
    factory.doStart();
    expect(factory.calls).toEqual(["start", "stop", "start"]);
  });

  test("a start that throws has no user", () => {
    const factory = new NotingFactory();
    let failing = true;
    factory.startFactory = () => {
      if (failing) throw new Error("not yet");
      factory.calls.push("start");
    };
    expect(() => factory.doStart()).toThrow("not yet");
    failing = false;
    factory.doStart();
    factory.doStop();
    expect(factory.calls).toEqual(["start", "stop"]);
  });
});

describe("Protocol", () => {
  test("every callback may be left out", () => {
    const protocol = new Plain();
    protocol.makeConnection(new MemoryTransport());
    protocol.dataReceived(Buffer.from("x"));
    protocol.connectionLost({ kind: "done" });
    expect(protocol.readConnectionLost).toBeUndefined();
    expect(protocol.pauseWriting).toBeUndefined();
  });

  test("makeConnection sets the transport before connectionMade", () => {
    const transport = new MemoryTransport();
    class Greeter extends Protocol {
      override connectionMade(): void {
        this.transport.write("hello");
      }
    }
    new Greeter().makeConnection(transport);
    expect(transport.value().toString()).toBe("hello");
  });
});

describe("DatagramProtocol", () => {
  test("every callback may be left out", () => {
    class Silent extends DatagramProtocol {}
    const protocol = new Silent();
    protocol.makeConnection(new MemoryDatagramTransport());
    protocol.datagramReceived(Buffer.from("x"), new InternetAddress("udp", "192.0.2.1", 7));
    protocol.stopProtocol();
    expect(protocol.connectionRefused).toBeUndefined();
  });
});
