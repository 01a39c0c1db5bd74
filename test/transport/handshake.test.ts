import { expect, test } from "bun:test";
import { TLSError } from "../../src/reactor/tls.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { Handshake } from "../../src/transport/handshake.ts";
import { ScriptedDriver } from "./scripted-driver.ts";

test("Handshake: one that cannot even begin fails, and ends the connection", () => {
  const cause = new Error("these options are of no use");
  class Refusing extends ScriptedDriver {
    override startTLS(): void {
      throw cause;
    }
  }
  const driver = new Refusing();
  const clock = new ManualClock();
  const told: unknown[] = [];
  const handshake = new Handshake(driver, {
    handshakeSucceeded: () => told.push("succeeded"),
    handshakeFailed: (failed, error) => told.push(failed, error),
  });
  handshake.begin({ side: "server", handshakeTimeoutMs: 10 }, clock);
  expect(told).toEqual([handshake, expect.any(TLSError)]);
  expect((told[1] as TLSError).cause).toBe(cause);
  expect(driver.verbs).toEqual(["terminate"]);
  expect(clock.pending).toBe(0);
});
