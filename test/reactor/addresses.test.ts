import { describe, expect, test } from "bun:test";
import { checkPort, InternetAddress, UNIXAddress } from "../../src/reactor/address.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { addressFamily, isIPv4, isIPv6, unmapped } from "../../src/reactor/ip-address.ts";
import { vectorsOf } from "../vectors/protocol-vectors.ts";

interface AddressVector {
  readonly input: string;
  readonly expect: boolean;
}

describe("isIPv4 and isIPv6: the vectors", () => {
  for (const { id, basis, input, expect: expected } of vectorsOf<AddressVector>("isIPv4")) {
    test(`${id} (${basis})`, () => expect(isIPv4(input)).toBe(expected));
  }
  for (const { id, basis, input, expect: expected } of vectorsOf<AddressVector>("isIPv6")) {
    test(`${id} (${basis})`, () => expect(isIPv6(input)).toBe(expected));
  }
});

describe("addressFamily and unmapped", () => {
  test("the family is that of the text form, and null for a name", () => {
    expect(addressFamily("10.0.0.1")).toBe("IPv4");
    expect(addressFamily("::1")).toBe("IPv6");
    expect(addressFamily("localhost")).toBeNull();
    expect(addressFamily("")).toBeNull();
  });

  test("only an IPv4-mapped address is unmapped", () => {
    expect(unmapped("::ffff:127.0.0.1")).toBe("127.0.0.1");
    for (const other of ["127.0.0.1", "::1", "::ffff:1:2", "::ffff:999.0.0.1", "localhost"]) {
      expect(unmapped(other)).toBe(other);
    }
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
