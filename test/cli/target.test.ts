import { describe, expect, test } from "bun:test";
import { parseHostAndPort, parseTarget } from "../../src/cli/target.ts";

describe("parseTarget", () => {
  test.each([
    ["tcp:127.0.0.1:7", { kind: "tcp", host: "127.0.0.1", port: 7 }],
    ["tcp:[::1]:7", { kind: "tcp", host: "::1", port: 7 }],
    ["udp:localhost:65535", { kind: "udp", host: "localhost", port: 65_535 }],
    ["unix:/run/echo.sock", { kind: "unix", path: "/run/echo.sock" }],
    ["unix:C:colon", { kind: "unix", path: "C:colon" }],
    ["unix:@name", { kind: "unix", path: "\0name" }],
  ] as const)("%s", (text, target) => {
    expect(parseTarget(text)).toEqual(target);
  });

  test.each([
    ["", "is none of tcp:HOST:PORT, udp:HOST:PORT and unix:PATH"],
    ["echo", "is none of"],
    ["TCP:localhost:7", "is none of"],
    ["http://localhost", "is none of"],
    ["tcp:localhost", "has no port"],
    ["tcp:::1:7", "has no port"],
    ["tcp:localhost:", "is not a port"],
    ["tcp:localhost:0", "is not a port"],
    ["tcp:localhost:65536", "is not a port"],
    ["tcp:localhost:7x", "is not a port"],
    ["tcp:localhost:-7", "is not a port"],
    ["tcp::7", "has no valid host"],
    ["tcp:a b:7", "has no valid host"],
    ["tcp:[localhost]:7", "has no valid host"],
    ["tcp:[::1:7", "has no valid host"],
    ["tcp:1:2:3", "has no valid host"],
    ["unix:", "has no path"],
    ["unix:@", "has no path"],
  ])("%p is refused, because it %s", (text, problem) => {
    expect(() => parseTarget(text)).toThrow(problem);
    expect(() => parseTarget(text)).toThrow(RangeError);
  });
});

describe("parseHostAndPort", () => {
  test.each([
    ["localhost", "localhost", undefined],
    ["localhost:37", "localhost", 37],
    ["::1", "::1", undefined],
    ["[::1]", "::1", undefined],
    ["[::1]:37", "::1", 37],
  ])("%s", (text, host, port) => {
    expect(parseHostAndPort(text)).toEqual({ host, port });
  });
});
