import { describe, expect, test } from "bun:test";
import { InternetAddress } from "../../src/reactor/address.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { scriptedDatagrams, systemError } from "./scripted-datagram-driver.ts";

const HOST = "192.0.2.9";

function to(port: number): { host: string; port: number } {
  return { host: HOST, port };
}

describe("DatagramPortTransport: sending", () => {
  test("what one turn writes leaves together at its end", () => {
    const { driver, transport, settle } = scriptedDatagrams();
    transport.write("a", to(1));
    transport.write("b", to(2));
    expect(driver.batches).toEqual([]);
    settle();
    expect(driver.batches).toEqual([2]);
    expect(driver.sent).toEqual(["a to 1", "b to 2"]);
  });

  test("a batch has at most 64 datagrams, and a full one leaves at once", () => {
    const { driver, transport, settle } = scriptedDatagrams();
    transport.writeMany(
      Array.from({ length: 150 }, (_, index) => String(index)),
      to(1),
    );
    expect(driver.batches).toEqual([64, 64]);
    settle();
    expect(driver.batches).toEqual([64, 64, 22]);
    expect(transport.stats).toMatchObject({ sent: 150, sends: 3 });
  });

  test("what a send left over is sent by the next", () => {
    const { driver, transport, settle } = scriptedDatagrams();
    driver.answers.push(1, 2);
    transport.writeMany(["a", "b", "c", "d"], to(1));
    settle();
    expect(driver.batches).toEqual([4, 3, 1]);
    expect(driver.sent).toEqual(["a to 1", "b to 1", "c to 1", "d to 1"]);
  });

  test("a full kernel drops and counts, says so, and resumeWriting tells when it is over", () => {
    const { driver, protocol, transport, settle } = scriptedDatagrams();
    driver.answers.push(1, 0);
    expect(transport.writeMany(["a", "b", "c"], to(1))).toBe(true);
    settle();
    expect(transport.write("d", to(1))).toBe(false);
    settle();
    expect(transport.stats).toMatchObject({ sent: 1, dropped: 3 });
    driver.events.writable();
    expect(protocol.events).toEqual(["resumeWriting"]);
    expect(transport.write("e", to(1))).toBe(true);
    settle();
    expect(driver.sent).toEqual(["a to 1", "e to 1"]);
  });

  test("asked to queue it keeps them for later, in order", () => {
    const { driver, protocol, transport, settle } = scriptedDatagrams({ whenFull: "queue" });
    driver.answers.push(0);
    transport.write("a", to(1));
    settle();
    expect(transport.write("b", to(1))).toBe(false);
    driver.events.writable();
    expect(driver.sent).toEqual(["a to 1", "b to 1"]);
    expect(transport.stats.dropped).toBe(0);
    expect(protocol.events).toEqual(["resumeWriting"]);
  });

  test("the queue is bounded in datagrams and in bytes", () => {
    const many = scriptedDatagrams({ whenFull: "queue" });
    many.driver.answers.push(0);
    many.transport.write("", to(1));
    many.settle();
    for (let index = 0; index < 5000; index++) many.transport.write("", to(1));
    expect(many.transport.stats.dropped).toBe(5001 - 4096);
    const large = scriptedDatagrams({ whenFull: "queue" });
    large.driver.answers.push(0);
    large.transport.write("", to(1));
    large.settle();
    const datagram = Buffer.alloc(65_507);
    for (let index = 0; index < 100; index++) large.transport.write(datagram, to(1));
    expect(large.transport.stats.dropped).toBe(100 - Math.floor(4_194_304 / 65_507));
  });

  test("what was sent is let go while the queue never empties", () => {
    const { driver, transport, settle } = scriptedDatagrams({ whenFull: "queue" });
    const write = (count: number) => {
      for (let index = 0; index < count; index++) transport.write(Buffer.alloc(1_000), to(1));
    };
    driver.answers.push(0);
    write(64);
    settle();
    write(1_000);
    for (let round = 0; round < 200; round++) {
      driver.answers.push(64, 0);
      driver.events.writable();
      write(64);
    }
    expect(transport.stats).toMatchObject({ sent: 200 * 64, dropped: 0 });
    Bun.gc(true);
    const alive = driver.taken.filter((each) => each.deref() !== undefined).length;
    expect(alive).toBeLessThan(1_000);
  });

  test("a queued datagram is what was written, and keeps no larger buffer alive", () => {
    const { driver, transport, settle } = scriptedDatagrams({ whenFull: "queue" });
    const scratch = Buffer.alloc(65_536, "a");
    driver.answers.push(0);
    transport.write(scratch.subarray(0, 1), to(1));
    settle();
    scratch.fill("b");
    transport.write(scratch.subarray(0, 1), to(1));
    scratch.fill("c");
    driver.events.writable();
    expect(driver.sent).toEqual(["a to 1", "b to 1"]);
    expect(driver.taken.map((each) => each.deref()?.buffer.byteLength)).toEqual([1, 1]);
  });

  test("writable for no reason tells nobody anything", () => {
    const { driver, protocol } = scriptedDatagrams();
    driver.events.writable();
    expect(protocol.events).toEqual([]);
    expect(driver.batches).toEqual([]);
  });
});

describe("DatagramPortTransport: one peer's trouble", () => {
  test("a refusal reported to a send is tried again: it was about an earlier datagram", () => {
    const { driver, protocol, transport, settle } = scriptedDatagrams();
    driver.answers.push(systemError("ECONNREFUSED"));
    transport.writeMany(["a", "b"], to(1));
    settle();
    expect(driver.sent).toEqual(["a to 1", "b to 1"]);
    expect(protocol.events).toEqual([]);
    expect(transport.stats.failed).toBe(0);
  });

  test("a refusal that is repeated costs that datagram alone", () => {
    const { driver, protocol, transport, settle } = scriptedDatagrams();
    const refused = systemError("EHOSTUNREACH");
    driver.answers.push(refused, refused, refused);
    transport.write("bad", to(1));
    transport.write("good", to(2));
    settle();
    expect(driver.sent).toEqual(["good to 2"]);
    expect(transport.stats).toMatchObject({ sent: 1, failed: 1 });
    expect(protocol.events).toEqual(["error EHOSTUNREACH"]);
  });

  test("a repeated ECONNREFUSED is somebody's, and nobody can say whose", () => {
    const { driver, protocol, transport, settle } = scriptedDatagrams();
    const refused = systemError("ECONNREFUSED");
    driver.answers.push(refused, refused);
    transport.write("a", to(1));
    settle();
    expect(transport.stats).toMatchObject({ sent: 0, failed: 1 });
    expect(protocol.events).toEqual([]);
  });

  test("a failure is told in the next turn, never inside a write", () => {
    const { driver, protocol, transport, settle } = scriptedDatagrams();
    for (let index = 0; index < 64; index++) driver.answers.push(systemError("EACCES"));
    transport.writeMany(new Array(64).fill("a"), to(1));
    expect(transport.stats.failed).toBe(64);
    expect(protocol.events).toEqual([]);
    settle();
    expect(protocol.events).toEqual(new Array(64).fill("error EACCES"));
  });

  test("who sends again in errorReceived gets back to the loop in between", () => {
    const { driver, protocol, transport, pump } = scriptedDatagrams();
    driver.answers.push(...Array.from({ length: 1_000 }, () => systemError("EACCES")));
    protocol.errorReceived = () => {
      protocol.events.push("errorReceived");
      transport.write("again", to(1));
      transport.write("and again", to(1));
    };
    transport.write("first", to(1));
    for (let turn = 1; turn <= 5; turn++) {
      pump();
      expect(protocol.events.length).toBe(2 ** turn - 1);
    }
  });

  test("the failures that are told of one turn are bounded, all are counted", () => {
    const { driver, protocol, transport, settle } = scriptedDatagrams();
    driver.answers.push(...Array.from({ length: 500 }, () => systemError("EACCES")));
    transport.writeMany(new Array(500).fill("a"), to(1));
    settle();
    expect(transport.stats.failed).toBe(500);
    expect(protocol.events.length).toBe(64);
  });

  test("a failure is not told after the end", () => {
    const { driver, protocol, transport, settle } = scriptedDatagrams();
    driver.answers.push(systemError("EACCES"));
    transport.write("a", to(1));
    transport.close();
    settle();
    expect(transport.stats.failed).toBe(1);
    expect(protocol.events).toEqual([]);
  });

  test("another error costs its datagram at once and is told to the protocol", () => {
    const { driver, protocol, transport, settle } = scriptedDatagrams();
    driver.answers.push(systemError("EACCES"));
    transport.write("a", to(1));
    transport.write("b", to(2));
    settle();
    expect(driver.sent).toEqual(["b to 2"]);
    expect(protocol.events).toEqual(["error EACCES"]);
  });

  test("refusals are told to a connected protocol only, other errors to both", () => {
    const one = scriptedDatagrams();
    one.driver.events.failed(systemError("ECONNREFUSED"));
    one.driver.events.failed(systemError("ENOBUFS"));
    expect(one.protocol.events).toEqual(["error ENOBUFS"]);
    const connected = scriptedDatagrams();
    connected.transport.connect(to(1));
    connected.driver.events.failed(systemError("ECONNREFUSED"));
    connected.driver.events.failed(systemError("EHOSTUNREACH"));
    expect(connected.protocol.events).toEqual(["connectionRefused", "error EHOSTUNREACH"]);
  });
});

describe("DatagramPortTransport: receiving", () => {
  test("connected, it hears its peer alone, also where the system shows it mapped", () => {
    const { driver, protocol, transport } = scriptedDatagrams({ host: "::" });
    transport.connect(to(1));
    driver.events.received(Buffer.from("stranger"), HOST, 2);
    driver.events.received(Buffer.from("stranger"), "192.0.2.10", 1);
    driver.events.received(Buffer.from("mapped"), `::ffff:${HOST}`, 1);
    expect(protocol.events).toEqual([`mapped from ${HOST}:1`]);
    expect(transport.stats).toMatchObject({ received: 1, foreign: 2 });
  });

  test.each([
    ["::", "0:0:0:0:0:0:0:1", "::1"],
    ["::", "2001:DB8:0::A", "2001:db8::a"],
    ["::", "::ffff:192.0.2.9", "::ffff:192.0.2.9"],
    ["192.0.2.1", "::FFFF:c000:209", "192.0.2.9"],
    ["::", "fe80:0::1%no_such_if", "fe80::1%no_such_if"],
    ["::", "::", "::1"],
    ["0.0.0.0", "0.0.0.0", "127.0.0.1"],
  ])("at %s connected to %s it hears %s", (host, written, shown) => {
    const { driver, protocol, transport } = scriptedDatagrams({ host });
    transport.connect({ host: written, port: 1 });
    driver.events.received(Buffer.from("answer"), shown, 1);
    expect(protocol.events.length).toBe(1);
    expect(transport.stats).toMatchObject({ received: 1, foreign: 0 });
  });

  test("an error in datagramReceived is logged, and the next one is delivered", async () => {
    const { driver, protocol, logger } = scriptedDatagrams();
    const errors = [new Error("thrown"), new Error("rejected")];
    protocol.act = () => {
      throw errors[0];
    };
    driver.events.received(Buffer.from("a"), HOST, 1);
    protocol.act = async () => {
      throw errors[1];
    };
    driver.events.received(Buffer.from("b"), HOST, 1);
    await Promise.resolve();
    expect(protocol.events).toEqual([`a from ${HOST}:1`, `b from ${HOST}:1`]);
    expect(logger.errors).toEqual(errors);
  });

  test("a fast protocol gets any number of datagrams in one turn", () => {
    const { driver, transport } = scriptedDatagrams();
    for (let index = 0; index < 5000; index++) driver.events.received(Buffer.of(), HOST, 1);
    expect(transport.stats).toMatchObject({ received: 5000, shed: 0 });
  });
});

describe("DatagramPortTransport: its end", () => {
  test("what was written is sent before it closes, and nothing is delivered afterwards", () => {
    const { driver, protocol, transport } = scriptedDatagrams();
    transport.write("last", to(1));
    transport.close();
    transport.close();
    expect(driver.sent).toEqual(["last to 1"]);
    expect(driver.verbs).toEqual(["close"]);
    expect(transport.write("late", to(1))).toBe(false);
    driver.events.received(Buffer.from("late"), HOST, 1);
    expect(protocol.events).toEqual([]);
  });

  test("what the kernel does not take before the end is dropped and counted", () => {
    const { driver, transport, settle } = scriptedDatagrams({ whenFull: "queue" });
    driver.answers.push(0);
    transport.write("a", to(1));
    settle();
    transport.write("b", to(1));
    transport.close();
    expect(transport.stats).toMatchObject({ sent: 0, dropped: 2 });
  });
});

describe("DatagramPortTransport: addresses", () => {
  test("a dual-stack port sends to both families, an IPv4 port to its own", () => {
    const dual = scriptedDatagrams({ host: "::" });
    dual.transport.write("a", to(1));
    dual.transport.write("b", { host: "2001:db8::1", port: 2 });
    dual.settle();
    expect(dual.driver.sent).toEqual(["a to 1", "b to 2"]);
    const { transport } = scriptedDatagrams();
    expect(() => transport.write("b", { host: "2001:db8::1", port: 2 })).toThrow(
      InvalidAddressError,
    );
  });

  test("a mapped address is one of IPv4", () => {
    const { driver, transport, settle } = scriptedDatagrams();
    transport.write("a", { host: `::ffff:${HOST}`, port: 1 });
    transport.write("b", new InternetAddress("udp", `::ffff:${HOST}`, 2));
    settle();
    expect(driver.sent).toEqual(["a to 1", "b to 2"]);
    expect(driver.hosts).toEqual([HOST, HOST]);
  });

  test("a busy peer has one address object, however the system writes it", () => {
    const { driver, protocol } = scriptedDatagrams({ host: "::" });
    const seen: InternetAddress[] = [];
    protocol.datagramReceived = (_data, address) => void seen.push(address);
    for (const host of ["::FFFF:c000:209", "::FFFF:c000:209"]) {
      driver.events.received(Buffer.of(), host, 1);
    }
    expect(seen[0]?.host).toBe("192.0.2.9");
    expect(seen[1]).toBe(seen[0] as InternetAddress);
  });

  test("a busy peer has one address object", () => {
    const { driver, protocol } = scriptedDatagrams();
    const seen: InternetAddress[] = [];
    protocol.datagramReceived = (_data, address) => void seen.push(address);
    for (const port of [1, 2, 1, 2, 257, 1]) driver.events.received(Buffer.of(), HOST, port);
    expect(seen[0]).toBe(seen[2] as InternetAddress);
    expect(seen.map(({ port }) => port)).toEqual([1, 2, 1, 2, 257, 1]);
    expect(seen[5]?.equals(new InternetAddress("udp", HOST, 1))).toBe(true);
  });

  test("multicast and broadcast go to the driver as they are", () => {
    const { driver, transport } = scriptedDatagrams();
    transport.setBroadcast(true);
    transport.joinGroup("239.1.1.1");
    transport.leaveGroup("239.1.1.1", "192.0.2.1");
    transport.setMulticastTTL(3);
    transport.setMulticastLoopback(false);
    transport.setMulticastInterface("192.0.2.1");
    expect(driver.verbs).toEqual([
      "setBroadcast true",
      "joinGroup 239.1.1.1 undefined",
      "leaveGroup 239.1.1.1 192.0.2.1",
      "setMulticastTTL 3",
      "setMulticastLoopback false",
      "setMulticastInterface 192.0.2.1",
    ]);
  });
});
