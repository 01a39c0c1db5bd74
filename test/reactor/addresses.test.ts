import { describe, expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { checkPort, InternetAddress, UNIXAddress } from "../../src/reactor/address.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { addressFamily, canonicalHost, unmapped } from "../../src/reactor/ip-address.ts";

/** An interface of this host with a link-local address. */
const LINK_LOCAL = Object.entries(networkInterfaces())
  .flatMap(([name, all]) =>
    (all ?? []).map((each) => ({ name, scopeid: each.family === "IPv6" ? each.scopeid : 0 })),
  )
  .find(({ scopeid }) => scopeid > 0);

describe("addressFamily and unmapped", () => {
  test("the family is that of the text form, and null for a name", () => {
    expect(addressFamily("10.0.0.1")).toBe("IPv4");
    expect(addressFamily("::1")).toBe("IPv6");
    expect(addressFamily("localhost")).toBeNull();
    expect(addressFamily("")).toBeNull();
  });

  test("only an IPv4-mapped address is unmapped, in whatever form", () => {
    for (const mapped of ["::ffff:127.0.0.1", "::FFFF:7f00:1", "0:0:0:0:0:ffff:127.0.0.1"]) {
      expect(unmapped(mapped)).toBe("127.0.0.1");
    }
    for (const other of [
      "127.0.0.1",
      "::1",
      "::1:ffff:1:2",
      "::ffff:1:2:3",
      "::ffff:999.0.0.1",
      "localhost",
    ]) {
      expect(unmapped(other)).toBe(other);
    }
  });
});

describe("canonicalHost", () => {
  for (const [canonical, ...forms] of [
    ["127.0.0.1"],
    ["::1", "0:0:0:0:0:0:0:1", "0000::0001", "::0.0.0.1", "::1%lo"],
    ["::", "0::0", "0:0:0:0:0:0:0:0"],
    ["2001:db8::a", "2001:DB8::A", "2001:0db8:0:0:0:0:0:a", "2001:db8::a%eth0"],
    // RFC 5952: the longest run of zeros, of equal ones the first, and never a single one.
    ["1:0:0:2::3", "1:0:0:2:0:0:0:3"],
    ["1::2:3:0:0:4", "1:0:0:2:3:0:0:4"],
    ["1:2:0:3:4:5:6:7", "1:2::3:4:5:6:7"],
    ["::ffff:192.0.2.1", "::FFFF:C000:201", "0:0:0:0:0:ffff:192.0.2.1", "::ffff:192.0.2.1%lo"],
    ["fe80::1%no_such-if.7", "FE80:0::0001%no_such-if.7"],
    ["ff02::1%no_such-if", "ff02:0::1%no_such-if"],
    ["ff05::1", "ff05::1%eth0"],
  ] as const) {
    for (const form of [canonical, ...forms]) {
      test(`${form} is ${canonical}`, () => expect(canonicalHost(form)).toBe(canonical));
    }
  }

  test("what is not an IP address is given back as it is", () => {
    for (const other of [
      "localhost",
      "",
      "1.2.3",
      "::g",
      "fe80::1%",
      "fe80::1%a b",
      "fe80::1%a/b",
    ]) {
      expect(canonicalHost(other)).toBe(other);
      expect(addressFamily(other)).toBeNull();
    }
  });

  // There are systems whose interfaces have no link-local address.
  test.skipIf(LINK_LOCAL === undefined)("a zone by its number is the same by its name", () => {
    const { name, scopeid } = LINK_LOCAL ?? expect.unreachable("There is no interface");
    expect(canonicalHost(`fe80::7%${scopeid}`)).toBe(`fe80::7%${name}`);
    expect(canonicalHost("fe80::7%4294967295")).toBe("fe80::7%4294967295");
  });
});

describe("InternetAddress", () => {
  test("it compares by value: kind, host and port", () => {
    const address = new InternetAddress("tcp", "127.0.0.1", 7);
    expect(address.equals(new InternetAddress("tcp", "127.0.0.1", 7))).toBe(true);
    expect(address.equals(new InternetAddress("udp", "127.0.0.1", 7))).toBe(false);
    expect(address.equals(new InternetAddress("tcp", "127.0.0.2", 7))).toBe(false);
    expect(address.equals(new InternetAddress("tcp", "127.0.0.1", 8))).toBe(false);
    expect(address.equals(new UNIXAddress("127.0.0.1"))).toBe(false);
  });

  test("its host is canonical, so that it compares equal in every form", () => {
    const address = new InternetAddress("udp", "0:0:0:0:0:0:0:1", 7);
    expect(address.host).toBe("::1");
    expect(address.equals(new InternetAddress("udp", "::1", 7))).toBe(true);
    const mapped = new InternetAddress("tcp", "::FFFF:7f00:1", 7);
    expect(mapped).toMatchObject({ family: "IPv6", host: "::ffff:127.0.0.1" });
  });

  test("it reads as kind, host and port, an IPv6 host in brackets", () => {
    expect(String(new InternetAddress("tcp", "127.0.0.1", 7))).toBe("tcp 127.0.0.1:7");
    expect(String(new InternetAddress("udp", "::1", 53))).toBe("udp [::1]:53");
  });

  test("it knows its family and is frozen", () => {
    const address = new InternetAddress("udp", "fe80::1", 1);
    expect(address.family).toBe("IPv6");
    expect(Object.isFrozen(address)).toBe(true);
  });

  test("a name or a port out of range is refused by what it is", () => {
    expect(() => new InternetAddress("tcp", "localhost", 7)).toThrow(InvalidAddressError);
    expect(() => new InternetAddress("tcp", "localhost", 7)).toThrow('"localhost"');
    for (const port of [-1, 65_536, 1.5, Number.NaN]) {
      expect(() => checkPort("udp", port)).toThrow(`udp port ${port}`);
    }
    expect(checkPort("tcp", 0)).toBe(0);
    expect(checkPort("tcp", 65_535)).toBe(65_535);
  });
});

describe("UNIXAddress", () => {
  test("it compares by path and reads with @ for the NUL of an abstract name", () => {
    const address = new UNIXAddress("/run/echo.sock");
    expect(address.equals(new UNIXAddress("/run/echo.sock"))).toBe(true);
    expect(address.equals(new UNIXAddress("/run/other.sock"))).toBe(false);
    expect(String(address)).toBe("unix /run/echo.sock");
    expect(String(new UNIXAddress("\0echo"))).toBe("unix @echo");
  });
});
