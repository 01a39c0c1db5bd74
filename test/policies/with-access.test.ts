import { describe, expect, test } from "bun:test";
import { type AccessPolicy, withAccess } from "../../src/policies/with-access.ts";
import { InternetAddress, UNIXAddress } from "../../src/reactor/address.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { Protocol } from "../../src/reactor/protocol.ts";

class Quiet extends Protocol {}

const CASES: readonly [AccessPolicy, string, boolean][] = [
  [{}, "192.0.2.1", true],
  [{ allow: [] }, "192.0.2.1", false],
  [{ allow: ["192.0.2.0/24"] }, "192.0.2.255", true],
  [{ allow: ["192.0.2.0/24"] }, "192.0.3.0", false],
  [{ allow: ["192.0.2.0/24"] }, "::ffff:192.0.2.9", true],
  [{ allow: ["192.0.2.7"] }, "192.0.2.7", true],
  [{ allow: ["192.0.2.7"] }, "192.0.2.8", false],
  [{ allow: ["2001:db8::/32"] }, "2001:db8:ffff::1", true],
  [{ allow: ["2001:db8::/32"] }, "2001:db9::1", false],
  [{ allow: ["fe80::/10"] }, "fe80::1%eth0", true],
  [{ deny: ["0.0.0.0/0"] }, "192.0.2.1", false],
  [{ deny: ["0.0.0.0/0"] }, "2001:db8::1", true],
  [{ deny: ["::/0"] }, "192.0.2.1", true],
  [{ deny: ["::/0"] }, "::ffff:192.0.2.1", true],
  [{ deny: ["::/0"] }, "2001:db8::1", false],
  [{ allow: ["::ffff:192.0.2.0/120"] }, "192.0.2.1", true],
  [{ allow: ["::ffff:192.0.2.0/120"] }, "192.0.3.1", false],
  [{ deny: ["0:0:0:0:0:FFFF:c000:201"] }, "::ffff:192.0.2.1", false],
  [{ deny: ["192.0.2.1"] }, "::FFFF:C000:0201", false],
  [{ allow: ["192.0.2.77/24"] }, "192.0.2.1", true],
  [{ allow: ["192.0.2.7/32"] }, "192.0.2.8", false],
  [{ allow: ["2001:db8::1/128"] }, "2001:db8::1", true],
  [{ allow: ["2001:db8::1/128"] }, "2001:db8::2", false],
  [{ allow: ["192.0.2.0/24"], deny: ["192.0.2.66"] }, "192.0.2.66", false],
  [{ allow: ["192.0.2.0/24"], deny: ["192.0.2.66"] }, "192.0.2.67", true],
];

describe("withAccess", () => {
  for (const [policy, host, allowed] of CASES) {
    test(`${JSON.stringify(policy)} ${allowed ? "allows" : "refuses"} ${host}`, () => {
      const factory = withAccess(Factory.forProtocol(Quiet), policy);
      const peer = new InternetAddress("tcp", host, 1024);
      expect(factory.admit(peer)).toBe(allowed);
      expect(factory.buildStack(peer) !== null).toBe(allowed);
    });
  }

  test("UNIX sockets are always allowed", () => {
    const factory = withAccess(Factory.forProtocol(Quiet), { allow: [], deny: ["0.0.0.0/0"] });
    expect(factory.admit(new UNIXAddress(""))).toBe(true);
    expect(factory.buildStack(new UNIXAddress(""))).not.toBeNull();
  });

  for (const bad of [
    "localhost",
    "192.0.2.0/33",
    "::/129",
    "192.0.2.0/",
    "1.2.3.4/8/8",
    "",
    "/8",
    "fe80::1%eth0",
  ]) {
    test(`the entry ${JSON.stringify(bad)} is refused, by name`, () => {
      const make = () => withAccess(Factory.forProtocol(Quiet), { deny: [bad] });
      expect(make).toThrow(InvalidAddressError);
      expect(make).toThrow(JSON.stringify(bad));
    });
  }
});
