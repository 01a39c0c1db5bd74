import { expect, test } from "bun:test";
import { InternetAddress } from "../../src/reactor/address.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { SingleConnectionFactory } from "../../src/reactor/single-connection-factory.ts";
import { AdmittingFactory } from "../admitting-factory.ts";

class Plain extends Protocol {}

test("SingleConnectionFactory: the factory inside is asked, and dismisses", () => {
  const inner = new AdmittingFactory(() => new Plain());
  const factory = new SingleConnectionFactory(inner);
  const peer = new InternetAddress("tcp", "192.0.2.1", 7);
  expect(factory.admit(peer)).toBe(true);
  expect(factory.buildStack(peer)).not.toBeNull();
  factory.dismiss(peer);
  expect(inner.events).toEqual(["admit", "build", "dismiss"]);
  expect(inner.mistakes).toEqual([]);
});
