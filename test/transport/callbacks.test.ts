import { describe, expect, test } from "bun:test";
import { type Actions, noAction, RecordingProtocol } from "./recording-protocol.ts";
import { scripted, type ScriptedConnection } from "./scripted-driver.ts";

/** How each callback is brought about, on a connection that has just been made. */
const CAUSES: Readonly<Record<keyof Actions, (made: ScriptedConnection) => void>> = {
  connectionMade: () => undefined,
  dataReceived: ({ driver }) => driver.events.received(Buffer.from("x")),
  readConnectionLost: ({ driver }) => driver.events.readEnded(),
  writeConnectionLost: ({ connection }) => connection.loseWriteConnection(),
  pauseWriting: ({ driver, connection }) => {
    driver.budget = 0;
    connection.write(Buffer.alloc(100_000));
  },
  resumeWriting: ({ driver, connection }) => {
    driver.budget = 0;
    connection.write(Buffer.alloc(100_000));
    driver.accept(100_000);
  },
  draining: ({ connection }) => connection.tellDraining(),
  connectionLost: ({ driver }) => driver.events.closed(new Error("lost already")),
};

const NAMES = Object.keys(CAUSES) as (keyof Actions)[];
const ENDING_NAMES = NAMES.filter((name) => name !== "connectionLost");

/** Makes a connection whose protocol acts in one callback, and brings that about. */
function actIn(name: keyof Actions, action: (me: RecordingProtocol) => unknown) {
  const protocol = new RecordingProtocol({ [name]: action });
  const made = scripted(protocol);
  CAUSES[name](made);
  made.settle();
  return { protocol, ...made };
}

/** How often `connectionLost` was called, and whether it was the last. */
function ending(protocol: RecordingProtocol): [count: number, isLast: boolean] {
  const count = protocol.events.filter((event) => event === "connectionLost").length;
  return [count, protocol.events.at(-1) === "connectionLost"];
}

describe("StreamConnection: what a protocol does inside its callbacks", () => {
  for (const name of ENDING_NAMES) {
    test(`abortConnection in ${name} ends as aborted, outside of the call`, () => {
      const { protocol, driver } = actIn(name, (me) =>
        me.calling(() => me.connection.abortConnection()),
      );
      expect(protocol.reason).toEqual({ kind: "aborted" });
      expect(ending(protocol)).toEqual([1, true]);
      expect(protocol.calledInside).toEqual([]);
      expect(driver.verbs.filter((verb) => verb === "terminate").length).toBe(1);
    });

    test(`loseConnection in ${name} ends as done`, () => {
      const { protocol, driver, settle } = actIn(name, (me) =>
        me.calling(() => me.connection.loseConnection()),
      );
      driver.accept(1_000_000);
      driver.events.closed();
      settle();
      expect(protocol.reason).toEqual({ kind: "done" });
      expect(ending(protocol)).toEqual([1, true]);
      expect(protocol.calledInside).toEqual([]);
    });

    test(`an error thrown in ${name} is logged and is the cause of the end`, () => {
      const error = new Error(`thrown in ${name}`);
      const { protocol, driver, logger } = actIn(name, () => {
        throw error;
      });
      expect(protocol.reason).toEqual({ kind: "lost", cause: error });
      expect(ending(protocol)).toEqual([1, true]);
      expect(driver.verbs).toContain("terminate");
      expect(logger.errors).toEqual([error]);
      expect(logger.reports[0]?.message).toContain("RecordingProtocol");
    });

    test(`a promise of ${name} that rejects counts as an error thrown there`, async () => {
      const error = new Error(`rejected in ${name}`);
      const { protocol, logger, settle } = actIn(name, async () => {
        throw error;
      });
      await Promise.resolve();
      settle();
      expect(protocol.reason).toEqual({ kind: "lost", cause: error });
      expect(logger.errors).toEqual([error]);
    });
  }

  test("something thrown that is no Error becomes the cause of one", () => {
    const { protocol } = actIn("dataReceived", () => {
      throw "a string";
    });
    expect(protocol.reason).toMatchObject({ kind: "lost", cause: { cause: "a string" } });
  });

  test("an error thrown in connectionLost is logged only", () => {
    const error = new Error("at the end");
    const { protocol, logger, connections } = actIn("connectionLost", () => {
      throw error;
    });
    expect(ending(protocol)).toEqual([1, true]);
    expect(logger.errors).toEqual([error]);
    expect(connections.all.size).toBe(0);
  });

  test("a promise of connectionLost that rejects is logged only", async () => {
    const error = new Error("after the end");
    const { logger } = actIn("connectionLost", async () => {
      throw error;
    });
    await Promise.resolve();
    expect(logger.errors).toEqual([error]);
  });

  test("every verb inside connectionLost does nothing", () => {
    const { protocol, driver } = actIn("connectionLost", ({ connection }) => {
      connection.write("x");
      connection.loseConnection();
      connection.loseWriteConnection();
      connection.abortConnection();
      connection.pauseProducing();
    });
    expect(ending(protocol)).toEqual([1, true]);
    expect(driver.verbs).toEqual([]);
    expect(driver.sent).toEqual([]);
  });

  test("a rejection that comes after the end is logged, and nothing else", async () => {
    const failure = Promise.withResolvers<void>();
    const { protocol, connection, settle, logger } = actIn("connectionMade", () => failure.promise);
    connection.abortConnection();
    settle();
    failure.reject(new Error("too late"));
    await Promise.resolve();
    await Promise.resolve();
    settle();
    expect(protocol.reason).toEqual({ kind: "aborted" });
    expect(logger.errors.map(String)).toEqual(["Error: too late"]);
  });

  test("an error of the producer ends the connection like one of the protocol", () => {
    const error = new Error("cannot produce");
    const protocol = new RecordingProtocol();
    const { connection, settle } = scripted(protocol);
    connection.registerProducer(
      {
        resumeProducing: () => {
          throw error;
        },
        stopProducing: noAction,
      },
      false,
    );
    settle();
    expect(protocol.reason).toEqual({ kind: "lost", cause: error });
  });

  test("draining is told at most once", () => {
    const protocol = new RecordingProtocol({ draining: noAction });
    const { connection } = scripted(protocol);
    connection.tellDraining();
    connection.tellDraining();
    expect(protocol.events).toEqual(["connectionMade", "draining"]);
  });
});

describe("StreamConnection.switchProtocol", () => {
  test("the next protocol starts at once and gets the rest", () => {
    const next = new RecordingProtocol();
    const first = new RecordingProtocol({
      dataReceived: (me, data) => me.connection.switchProtocol(next, data.subarray(2)),
    });
    const { driver } = scripted(first);
    driver.events.received(Buffer.from("abcd"));
    driver.events.received(Buffer.from("ef"));
    expect(next.events).toEqual(["connectionMade", "dataReceived"]);
    expect(next.received.toString()).toBe("cdef");
  });

  test("the rest waits when the next protocol pauses", () => {
    const next = new RecordingProtocol({ connectionMade: (me) => me.connection.pauseProducing() });
    const { connection, settle } = scripted(new RecordingProtocol());
    connection.switchProtocol(next, Buffer.from("later"));
    settle();
    expect(next.events).toEqual(["connectionMade"]);
    connection.resumeProducing();
    settle();
    expect(next.received.toString()).toBe("later");
  });

  test("outside of a callback nothing is told inside the call but connectionMade", () => {
    const next = new RecordingProtocol({
      connectionMade: (me) => me.connection.abortConnection(),
    });
    const { connection, settle } = scripted(new RecordingProtocol());
    next.calling(() => connection.switchProtocol(next, Buffer.from("later")));
    expect(next.calledInside).toEqual(["connectionMade"]);
    settle();
    expect(next.events).toEqual(["connectionMade", "connectionLost"]);
  });

  test("the rest comes before what else has come, through any number of protocols", () => {
    const order: string[] = [];
    const relay = (left: number): RecordingProtocol =>
      new RecordingProtocol({
        dataReceived: (me, data) => {
          order.push(data.toString("latin1", 0, 1));
          if (left > 0) me.connection.switchProtocol(relay(left - 1), data.subarray(1));
        },
      });
    const { driver } = scripted(relay(20_000));
    driver.events.received(Buffer.alloc(15_000, "ab"));
    driver.events.received(Buffer.from("c"));
    expect(order.join("")).toBe(`${"ab".repeat(7_500)}c`);
  });

  test("the rest is not delivered to a protocol that has ended the connection", () => {
    for (const verb of ["abortConnection", "loseConnection"] as const) {
      const next = new RecordingProtocol({ connectionMade: (me) => me.connection[verb]() });
      const { connection, settle } = scripted(new RecordingProtocol(), {}, (d) => {
        d.peerClosesToo = true;
      });
      connection.switchProtocol(next, Buffer.from("unwanted"));
      settle();
      expect(next.events).toEqual(["connectionMade", "connectionLost"]);
    }
  });
});
