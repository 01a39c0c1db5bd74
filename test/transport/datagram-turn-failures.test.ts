/** A turn that fails ends its own port. */
import { describe, expect, test } from "bun:test";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryLoop } from "../../src/testing/memory-loop.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { DatagramFailures } from "../../src/transport/datagram-failures.ts";
import { DatagramReceiveSide } from "../../src/transport/datagram-receive-side.ts";
import { DatagramSendSide } from "../../src/transport/datagram-send-side.ts";
import { Turn } from "../../src/transport/turn.ts";
import { ScriptedDatagramDriver, scriptedDatagrams } from "./scripted-datagram-driver.ts";

describe("The parts of a datagram port", () => {
  const logger = new MemoryLogger();
  const turn = new Turn(new MemoryLoop({ automatic: false }), logger);
  const clock = new ManualClock({ logger });
  const failures: unknown[] = [];
  const owner = {
    deliver() {},
    sendFailed() {},
    sheddingRefused() {},
    writingResumed() {},
    portFailed: (error: unknown) => void failures.push(error),
  };
  const driver = new ScriptedDatagramDriver();
  const sending = new DatagramSendSide(driver, turn, owner, "drop");

  test.each([
    ["sending half", sending],
    ["receiving half", new DatagramReceiveSide(driver, { turn, clock }, sending, owner, {})],
    ["failures", new DatagramFailures(turn, owner)],
  ])("the %s tells the port of a turn that failed", (_, part) => {
    const error = new Error("The turn failed");
    part.turnFailed(error);
    expect(failures.at(-1)).toBe(error);
  });
});

describe("DatagramPortTransport: a failure of its own", () => {
  test("an error that nobody can read ends the port in which it is thrown", () => {
    const { driver, protocol, transport, logger, settle } = scriptedDatagrams();
    const fault = new Error("Do not look at it");
    driver.answers.push(
      Object.defineProperty(new Error("unreadable"), "code", {
        get() {
          throw fault;
        },
      }),
    );
    transport.write("a", { host: "192.0.2.9", port: 1 });
    settle();
    expect(logger.errors).toEqual([fault]);
    expect(driver.verbs).toEqual(["close"]);
    expect(protocol.events).toEqual([]);
  });

  test("is logged, closes the socket and tells the port, once", () => {
    const { driver, transport, logger } = scriptedDatagrams();
    let ends = 0;
    transport.attach({ transportFailed: () => void ends++ });
    const errors = [new Error("First"), new Error("Second")];
    for (const error of errors) transport.portFailed(error);
    expect(logger.errors).toEqual(errors);
    expect(driver.verbs).toEqual(["close"]);
    expect(ends).toBe(1);
  });
});
