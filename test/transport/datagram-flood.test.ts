/** What a port does with more datagrams than there is time for. */
import { describe, expect, test } from "bun:test";
import { scriptedDatagrams, systemError } from "./scripted-datagram-driver.ts";

const HOST = "192.0.2.9";

/** How many empty datagrams are kept for the next turn by default: 212,992 / 768. */
const KEPT = 277;

/** A port whose protocol takes `eachMs` for a datagram. */
function slow(eachMs: number, options: Parameters<typeof scriptedDatagrams>[0] = {}) {
  const port = scriptedDatagrams(options);
  port.protocol.act = () => port.clock.advance(eachMs);
  const receive = (count: number, first = 0) => {
    for (let index = first; index < first + count; index++) {
      port.driver.events.received(Buffer.alloc(0), HOST, index + 1);
    }
  };
  return { ...port, receive };
}

function fromPorts(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ` from ${HOST}:${first + index}`);
}

describe("DatagramPortTransport: the time of one turn", () => {
  test.each([
    [1, 11],
    [10, 2],
    [1_000, 1],
  ])("with %d ms for each and 10 ms in all, %d are delivered in one turn", (eachMs, delivered) => {
    const { protocol, transport, receive } = slow(eachMs);
    receive(63);
    expect(protocol.events.length).toBe(delivered);
    expect(transport.stats).toMatchObject({ received: delivered, shed: 0 });
  });

  test("what came after that is delivered in the turns that follow, in order, and none is shed", () => {
    const { driver, protocol, transport, pump, receive } = slow(1);
    receive(250);
    pump();
    expect(protocol.events).toEqual(fromPorts(1, 22));
    // What comes meanwhile waits behind it.
    receive(1, 250);
    for (let turn = 0; turn < 30; turn++) pump();
    expect(protocol.events).toEqual(fromPorts(1, 251));
    expect(transport.stats).toMatchObject({ received: 251, shed: 0 });
    expect(driver.verbs).toEqual([]);
  });

  test("the last of what waited may take all the time there is", () => {
    const { protocol, pump, receive } = slow(1_000);
    receive(2);
    for (let turn = 0; turn < 5; turn++) pump();
    receive(1, 2);
    expect(protocol.events).toEqual(fromPorts(1, 3));
  });

  test("a turn without any time delivers one datagram all the same", () => {
    const { protocol, pump, receive } = slow(0, { receiveBudgetMs: 0 });
    protocol.act = () => undefined;
    receive(3);
    expect(protocol.events.length).toBe(3);
    const slower = slow(1, { receiveBudgetMs: 0 });
    slower.receive(3);
    expect(slower.protocol.events.length).toBe(1);
    slower.pump();
    expect(slower.protocol.events.length).toBe(2);
    pump();
  });

  test("a new turn has its time from the beginning", () => {
    const { protocol, pump, receive } = slow(4);
    receive(2);
    pump();
    receive(2);
    expect(protocol.events.length).toBe(4);
  });

  test("stopListening in the middle: nothing more is delivered, what waited counts as shed", () => {
    const { driver, protocol, transport, settle, receive, clock } = slow(1);
    receive(100);
    protocol.act = () => {
      clock.advance(1);
      if (protocol.events.length === 15) transport.close();
    };
    settle();
    expect(protocol.events.length).toBe(15);
    expect(transport.stats).toMatchObject({ received: 15, shed: 85 });
    expect(driver.verbs).toEqual(["close"]);
  });

  test("an error in datagramReceived does not hurt those that wait", () => {
    const { protocol, transport, settle, receive, clock, logger } = slow(1);
    protocol.act = () => {
      clock.advance(1);
      throw new Error("Bad datagram");
    };
    receive(100);
    settle();
    expect(transport.stats).toMatchObject({ received: 100, shed: 0 });
    expect(logger.errors.length).toBe(100);
  });
});

describe("DatagramPortTransport: a flood", () => {
  test("what is kept is bounded; beyond it the system is told to drop, and both are counted", () => {
    const { driver, protocol, transport, pump, settle, receive } = slow(1);
    driver.shedBySystem = 1_000;
    receive(1_000);
    const shed = 1_000 - 11 - KEPT;
    expect(transport.stats).toMatchObject({ received: 11, shed });
    expect(driver.verbs).toEqual(["startShedding"]);
    // With the first half of it gone there is room again.
    for (let turn = 0; turn < 12; turn++) pump();
    expect(protocol.events.length).toBe(11 + 12 * 11);
    expect(driver.verbs).toEqual(["startShedding"]);
    settle();
    expect(driver.verbs).toEqual(["startShedding", "stopShedding"]);
    expect(protocol.events).toEqual(fromPorts(1, 11 + KEPT));
    expect(transport.stats).toMatchObject({ received: 11 + KEPT, shed: shed + 1_000 });
  });

  test("large datagrams are bounded by their bytes", () => {
    const { driver, transport, protocol, clock } = slow(1_000);
    protocol.act = () => clock.advance(1_000);
    const data = Buffer.alloc(65_507);
    for (let index = 0; index < 10; index++) driver.events.received(data, HOST, 1);
    expect(transport.stats).toMatchObject({ received: 1, shed: 10 - 1 - 3 });
  });

  test("receiveBufferBytes makes room for what the socket's buffer could hold", () => {
    const { transport, settle, receive } = slow(1, { receiveBufferBytes: 768_000 });
    receive(1_100);
    expect(transport.stats).toMatchObject({ received: 11, shed: 1_100 - 11 - 1_000 });
    settle();
    expect(transport.stats.received).toBe(1_011);
  });

  test("a system that will not drop for us costs time, and nothing else", () => {
    const { driver, transport, settle, receive, logger } = slow(1);
    driver.refusals.startShedding = systemError("EPERM");
    receive(1_000);
    settle();
    receive(1_000);
    settle();
    expect(driver.verbs).toEqual(["startShedding"]);
    expect(transport.stats).toMatchObject({
      received: 2 * (11 + KEPT),
      shed: 2 * (1_000 - 11 - KEPT),
    });
    expect(logger.reports.map(({ level }) => level)).toEqual(["warn"]);
    expect(logger.errors).toEqual([driver.refusals.startShedding]);
  });

  test("a system that will not let it go deafens the port, which ends, with the error", () => {
    const { driver, transport, settle, receive, logger } = slow(1);
    let ends = 0;
    transport.attach({ transportFailed: () => void ends++ });
    driver.refusals.stopShedding = systemError("EPERM");
    receive(1_000);
    settle();
    expect(ends).toBe(1);
    expect(driver.verbs).toEqual(["startShedding", "stopShedding", "close"]);
    expect(logger.errors).toEqual([driver.refusals.stopShedding]);
    expect(transport.write("late", { host: HOST, port: 1 })).toBe(false);
  });

  test("a port that closes while it sheds gives the socket its hearing back", () => {
    const { driver, transport, receive } = slow(1);
    driver.shedBySystem = 5;
    receive(1_000);
    transport.close();
    expect(driver.verbs).toEqual(["startShedding", "stopShedding", "close"]);
    expect(transport.stats.shed).toBe(1_000 - 11 + 5);
  });
});
