import { describe, expect, test } from "bun:test";
import { InternetAddress } from "../../src/reactor/address.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { MessageLengthError } from "../../src/reactor/message-length-error.ts";
import { MemoryDatagramTransport } from "../../src/testing/memory-datagram-transport.ts";

const PEER = { host: "192.0.2.1", port: 7 };

describe("MemoryDatagramTransport", () => {
  test("it records each datagram with where it went", () => {
    const transport = new MemoryDatagramTransport();
    expect(transport.write("one", PEER)).toBe(true);
    transport.writeMany([Buffer.from("two"), ""], { host: "192.0.2.2", port: 8 });
    expect(transport.sent.map(([data, address]) => `${data} ${address}`)).toEqual([
      "one udp 192.0.2.1:7",
      "two udp 192.0.2.2:8",
      " udp 192.0.2.2:8",
    ]);
    expect(transport.stats).toMatchObject({ sent: 3, bytesSent: 6, sends: 3 });
    transport.clear();
    expect(transport.sent).toEqual([]);
  });

  test("what was written is kept as it was, whatever happens to the buffer", () => {
    const transport = new MemoryDatagramTransport();
    const buffer = Buffer.from("one");
    transport.write(buffer, PEER);
    buffer.write("two");
    expect(String(transport.sent[0]?.[0])).toBe("one");
  });

  test("connected it sends to its peer, and refuses an address", () => {
    const transport = new MemoryDatagramTransport();
    expect(() => transport.write("x")).toThrow(InvalidAddressError);
    transport.connect(PEER);
    transport.write("x");
    expect(String(transport.sent[0]?.[1])).toBe("udp 192.0.2.1:7");
    expect(String(transport.connectedTo)).toBe("udp 192.0.2.1:7");
    expect(() => transport.write("x", PEER)).toThrow(InvalidAddressError);
    expect(() => transport.connect(PEER)).toThrow("connected to udp 192.0.2.1:7");
  });

  test("what a real port refuses it refuses too", () => {
    const transport = new MemoryDatagramTransport();
    expect(() => transport.write(Buffer.alloc(65_508), PEER)).toThrow(MessageLengthError);
    for (const address of [
      { host: "localhost", port: 7 },
      { host: "::1", port: 7 },
      { host: "192.0.2.1", port: 0 },
      { host: "192.0.2.1", port: 70_000 },
    ]) {
      expect(() => transport.write("x", address)).toThrow(InvalidAddressError);
    }
    expect(transport.sent).toEqual([]);
  });

  test("a batch with something wrong in it is refused as a whole", () => {
    const transport = new MemoryDatagramTransport();
    const batch = ["fine", Buffer.alloc(65_508)];
    expect(() => transport.writeMany(batch, PEER)).toThrow(MessageLengthError);
    expect(transport.sent).toEqual([]);
  });

  test("like a real one, a port at :: sends to both families, and mapped is IPv4", () => {
    const dual = new MemoryDatagramTransport(new InternetAddress("udp", "::", 9));
    dual.write("four", PEER);
    dual.write("mapped", { host: "::ffff:192.0.2.1", port: 7 });
    expect(dual.sent.map(([, address]) => address.host)).toEqual(["192.0.2.1", "192.0.2.1"]);
  });

  test("it says where it is, and which groups were joined", () => {
    const transport = new MemoryDatagramTransport(new InternetAddress("udp", "::1", 9));
    expect(String(transport.getHost())).toBe("udp [::1]:9");
    transport.joinGroup("ff02::1");
    transport.joinGroup("ff02::2");
    transport.leaveGroup("ff02::1");
    expect([...transport.groups]).toEqual(["ff02::2"]);
  });
});
