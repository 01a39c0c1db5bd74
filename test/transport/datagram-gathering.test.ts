/** Which answers leave together, and when. */
import { describe, expect, test } from "bun:test";
import { scriptedDatagrams, systemError } from "./scripted-datagram-driver.ts";

const HOST = "192.0.2.9";

/** A port that answers each datagram, and takes `eachMs` for it. */
function answering(eachMs = 0, options: Parameters<typeof scriptedDatagrams>[0] = {}) {
  const port = scriptedDatagrams(options);
  const { protocol, clock, driver } = port;
  let next = 1;
  protocol.act = () => {
    if (eachMs > 0) clock.advance(eachMs);
    protocol.connection.write("", { host: HOST, port: next++ });
  };
  const receive = (count: number) => {
    for (let index = 0; index < count; index++) driver.events.received(Buffer.of(), HOST, 1);
  };
  return { ...port, receive };
}

describe("DatagramPortTransport: answers", () => {
  test("the answer to a datagram that is alone leaves at once", () => {
    const { driver, receive, settle } = answering();
    for (let time = 1; time <= 3; time++) {
      receive(1);
      expect(driver.batches).toEqual(new Array(time).fill(1));
      settle();
    }
    expect(driver.batches).toEqual([1, 1, 1]);
  });

  test("of several in one turn of the loop the first leaves at once, the others together", () => {
    const { driver, transport, receive, settle } = answering();
    receive(20);
    expect(driver.batches).toEqual([1]);
    settle();
    expect(driver.batches).toEqual([1, 19]);
    expect(driver.sent).toEqual(Array.from({ length: 20 }, (_, index) => ` to ${index + 1}`));
    expect(transport.stats).toMatchObject({ sent: 20, sends: 2 });
  });

  test("a whole batch does not wait for the end of the turn", () => {
    const { driver, receive, settle } = answering();
    receive(100);
    expect(driver.batches).toEqual([1, 64]);
    settle();
    expect(driver.batches).toEqual([1, 64, 35]);
  });

  test("none waits for long: what is half a millisecond old leaves before the next is read", () => {
    const { driver, receive, settle } = answering(0.2);
    receive(8);
    // The second begins to wait at 0.2 ms, and is too old at 0.8 ms.
    expect(driver.batches).toEqual([1, 3, 3]);
    settle();
    expect(driver.batches).toEqual([1, 3, 3, 1]);
  });

  test("a slow handler's answers leave as soon as each is there", () => {
    const { driver, receive } = answering(1);
    receive(5);
    expect(driver.batches).toEqual([1, 1, 1, 1]);
  });

  test("answers to what was kept for the next turn are gathered too", () => {
    const { driver, receive, settle } = answering(0.1, { receiveBudgetMs: 0 });
    receive(5);
    settle();
    expect(driver.batches).toEqual([1, 1, 1, 1, 1]);
    const roomy = answering(0.1, { receiveBudgetMs: 1 });
    roomy.receive(30);
    expect(roomy.driver.batches).toEqual([1, 6, 4]);
    roomy.settle();
    expect(roomy.driver.sent.length).toBe(30);
    expect(roomy.driver.batches.length).toBeLessThan(12);
  });

  test("an answer that comes after a promise is gathered with the others", async () => {
    const { driver, protocol, receive, settle } = answering();
    protocol.act = async () => {
      await null;
      protocol.connection.write("late", { host: HOST, port: 1 });
    };
    receive(10);
    await Promise.resolve();
    expect(driver.batches).toEqual([]);
    settle();
    expect(driver.batches).toEqual([10]);
  });

  test("what waits is sent before the port closes", () => {
    const { driver, transport, receive, settle } = answering();
    receive(5);
    transport.close();
    expect(driver.batches).toEqual([1, 4]);
    settle();
    expect(driver.verbs).toEqual(["close"]);
  });

  test("a kernel that is full when they leave drops and counts them", () => {
    const { driver, transport, receive, settle } = answering();
    receive(5);
    driver.answers.push(2, 0);
    settle();
    expect(transport.stats).toMatchObject({ sent: 3, dropped: 2 });
  });

  test("one of them that is refused costs the others nothing", () => {
    const { driver, protocol, transport, receive, settle } = answering();
    receive(5);
    driver.answers.push(systemError("EACCES"));
    settle();
    expect(transport.stats).toMatchObject({ sent: 4, failed: 1 });
    expect(protocol.events.at(-1)).toBe("error EACCES");
  });

  test("what is written in a later turn of the loop leaves with its own turn again", () => {
    const { driver, transport, receive, settle, pump } = answering();
    receive(3);
    settle();
    transport.write("by itself", { host: HOST, port: 9 });
    pump();
    expect(driver.batches).toEqual([1, 2, 1]);
  });
});
