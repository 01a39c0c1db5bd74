import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { libcOrNull, requireLibc } from "../../src/native/libc.ts";
import { scratchBytes } from "../../src/native/scratch-memory.ts";
import {
  decodeSocketName,
  encodeSocketName,
  type SocketName,
} from "../../src/native/socket-address.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";

function encoded(name: SocketName): Uint8Array {
  const length = encodeSocketName(requireLibc("encode an address"), name);
  return scratchBytes.slice(0, length);
}

function decoded(bytes: Uint8Array): SocketName | null {
  scratchBytes.set(bytes);
  return decodeSocketName(requireLibc("decode an address"), bytes.length);
}

function internet(host: string, port: number): SocketName {
  return { family: host.includes(":") ? "IPv6" : "IPv4", host, port };
}

const longestPath = `/${"p".repeat(106)}`;
const longestAbstract = `\0${"a".repeat(107)}`;

const UNCHANGED: readonly SocketName[] = [
  internet("0.0.0.0", 0),
  internet("127.0.0.9", 65_535),
  internet("255.255.255.255", 1),
  internet("::", 0),
  internet("::1", 10_007),
  internet("2001:db8::1:0:0:1", 443),
  internet("::ffff:192.0.2.1", 80),
  internet("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 9),
  internet("fe80::1%lo", 7),
  internet("fe80::1%4294967295", 7),
  { family: "unix", path: "/run/echo.sock" },
  { family: "unix", path: "relative/ä.sock" },
  { family: "unix", path: longestPath },
  { family: "unix", path: "\0abstract" },
  { family: "unix", path: "\0with\0nul" },
  { family: "unix", path: longestAbstract },
];

const REFUSED: readonly (readonly [string, SocketName])[] = [
  ["a name", internet("localhost", 1)],
  ["an empty host", internet("", 1)],
  ["shortened IPv4", internet("127.1", 1)],
  ["IPv4 as IPv6", { family: "IPv6", host: "127.0.0.1", port: 1 }],
  ["IPv6 as IPv4", { family: "IPv4", host: "::1", port: 1 }],
  ["a port above 65535", internet("127.0.0.1", 65_536)],
  ["a negative port", internet("::1", -1)],
  ["half a port", internet("127.0.0.1", 0.5)],
  ["an interface there is not", internet("fe80::1%nowhere0", 1)],
  ["an interface with a name that only some systems have", internet("fe80::1%no_such@0", 1)],
  ["no interface", internet("fe80::1%", 1)],
  ["an interface beyond 32 bits", internet("fe80::1%4294967296", 1)],
  ["an empty path", { family: "unix", path: "" }],
  ["a path of 108 bytes", { family: "unix", path: `${longestPath}p` }],
  ["an abstract name of 109 bytes", { family: "unix", path: `${longestAbstract}a` }],
  ["a path with NUL inside", { family: "unix", path: "/run/\0" }],
];

describe.skipIf(libcOrNull() === null)("socket addresses (need libc)", () => {
  test.each(UNCHANGED)("%p comes back as it was", (name) => {
    expect(decoded(encoded(name))).toEqual(name);
  });

  test.each(REFUSED)("%s is refused", (_, name) => {
    expect(() => encoded(name)).toThrow(InvalidAddressError);
  });

  test("IPv4 is laid out as struct sockaddr_in", () => {
    expect(encoded(internet("192.0.2.1", 0x1234)).toHex()).toBe(
      `0200${"1234"}${"c0000201"}${"00".repeat(8)}`,
    );
  });

  test("IPv6 is laid out as struct sockaddr_in6, with the scope at the end", () => {
    expect(encoded(internet("fe80::1%3", 0x1234)).toHex()).toBe(
      `0a00${"1234"}00000000fe80${"00".repeat(13)}01${"03000000"}`,
    );
  });

  test("a zone that is a number comes back as the interface's name", () => {
    expect(decoded(encoded(internet("fe80::1%1", 7)))).toEqual(internet("fe80::1%lo", 7));
  });

  test("a path ends with NUL, an abstract name does not", () => {
    expect(encoded({ family: "unix", path: "/a" }).toHex()).toBe("01002f6100");
    expect(encoded({ family: "unix", path: "\0a" }).toHex()).toBe("01000061");
  });

  test("an end without a name has an empty path", () => {
    expect(decoded(Uint8Array.of(1, 0))).toEqual({ family: "unix", path: "" });
  });

  test("another family is none of ours", () => {
    expect(decoded(Uint8Array.of(16, 0, 0, 0))).toBeNull();
    expect(decoded(new Uint8Array(0))).toBeNull();
  });

  test("any IPv4 address and port come back as they were", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(65_535), (host, port) => {
        expect(decoded(encoded(internet(host, port)))).toEqual(internet(host, port));
      }),
    );
  });

  test("any way of writing an IPv6 address comes back as the same address", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.nat(65_535), (host, port) => {
        const bytes = encoded(internet(host, port));
        const name = decoded(bytes);
        expect(name).not.toBeNull();
        if (name !== null) expect(encoded(name)).toEqual(bytes);
      }),
    );
  });
});
