import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { libcOrNull, loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { getSocketOption, setSocketOption } from "../../src/native/socket-options.ts";
import { SocketOptionError, type SocketOptionName } from "../../src/reactor/socket-option.ts";

let listener: Bun.TCPSocketListener;
let fd: number;

beforeAll(() => {
  listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  fd = (listener as unknown as { readonly fd: number }).fd;
});

afterAll(() => listener.stop(true));

/** Sets what the types do not allow. */
function set(name: SocketOptionName, value: unknown): void {
  setSocketOption(fd, name, value as never);
}

const WRONG_TYPES: readonly (readonly [SocketOptionName, unknown])[] = [
  ["TCP_NODELAY", 1],
  ["TCP_NODELAY", "true"],
  ["SO_KEEPALIVE", null],
  ["SO_RCVBUF", "65536"],
  ["SO_RCVBUF", 65_536n],
  ["IP_TTL", true],
  ["TCP_CONGESTION", 7],
  ["TCP_CONGESTION", "re\0no"],
  ["SO_BINDTODEVICE", undefined],
  ["SO_LINGER", 5],
  ["SO_LINGER", null],
  ["SO_LINGER", { on: true }],
  ["SO_LINGER", { on: 1, seconds: 1 }],
];

const OUT_OF_RANGE: readonly (readonly [SocketOptionName, unknown])[] = [
  ["SO_RCVBUF", 0],
  ["SO_RCVBUF", 1.5],
  ["SO_SNDBUF", 2 ** 31],
  ["SO_SNDBUF", Number.NaN],
  ["TCP_MAXSEG", 87],
  ["TCP_MAXSEG", 32_768],
  ["TCP_KEEPIDLE", 0],
  ["TCP_KEEPINTVL", 32_768],
  ["TCP_KEEPCNT", 128],
  ["TCP_USER_TIMEOUT", -1],
  ["IP_TOS", 256],
  ["IP_TOS", -1],
  ["IP_TTL", 0],
  ["IP_TTL", 256],
  ["TCP_CONGESTION", ""],
  ["TCP_CONGESTION", "a".repeat(16)],
  ["SO_BINDTODEVICE", "ä".repeat(8)],
  ["SO_LINGER", { on: true, seconds: -1 }],
  ["SO_LINGER", { on: true, seconds: 0.5 }],
];

describe("socket options: values that are none", () => {
  test.each(WRONG_TYPES)("%s set to %p is a TypeError", (name, value) => {
    expect(() => set(name, value)).toThrow(TypeError);
  });

  test.each(OUT_OF_RANGE)("%s set to %p is a RangeError", (name, value) => {
    expect(() => set(name, value)).toThrow(RangeError);
  });

  test("the message names the option, the value and what was expected", () => {
    expect(() => set("IP_TTL", 300)).toThrow(
      "Cannot set socket option IP_TTL to 300: expected a whole number from 1 to 255",
    );
    expect(() => set("TCP_NODELAY", "yes")).toThrow(
      "Cannot set socket option TCP_NODELAY to 'yes': expected true or false",
    );
  });

  test.skipIf(libcOrNull() === null)("the bounds themselves are taken (needs libc)", () => {
    for (const [name, value] of [
      ["TCP_MAXSEG", 88],
      ["TCP_MAXSEG", 32_767],
      ["TCP_KEEPCNT", 1],
      ["IP_TOS", 0],
      ["SO_RCVBUF", 1],
      ["SO_RCVBUF", 2 ** 31 - 1],
      ["TCP_USER_TIMEOUT", 2 ** 31 - 1],
    ] as const) {
      expect(() => set(name, value)).not.toThrow();
    }
  });
});

describe("socket options: without libc", () => {
  test("reading and setting say that libc could not be loaded, and why", () => {
    using _ = replaceLibc(loadLibc(["no-such-library.so.1"]));
    const expected =
      /^Socket option SO_RCVBUF: libc could not be loaded \(no-such-library\.so\.1: .+\)$/;
    for (const call of [
      () => getSocketOption(fd, "SO_RCVBUF"),
      () => setSocketOption(fd, "SO_RCVBUF", 65_536),
    ]) {
      expect(call).toThrow(SocketOptionError);
      expect(call).toThrow(expected);
    }
  });

  test("a wrong value is still a wrong value", () => {
    using _ = replaceLibc(loadLibc([]));
    expect(() => set("IP_TTL", 0)).toThrow(RangeError);
  });
});
