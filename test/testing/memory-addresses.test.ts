import { describe, expect, test } from "bun:test";
import { MemoryAddresses } from "../../src/testing/memory-addresses.ts";

function addresses(): MemoryAddresses<string> {
  return new MemoryAddresses("tcp", new Set());
}

describe("MemoryAddresses", () => {
  test("an exact host comes before a wildcard", () => {
    const table = addresses();
    table.bind("127.0.0.1", 7, "exact");
    table.bind("127.0.0.2", 7, "other");
    expect(table.find("127.0.0.1", 7)).toBe("exact");
    expect(table.find("127.0.0.3", 7)).toBeUndefined();
    expect(table.find("127.0.0.1", 8)).toBeUndefined();
  });

  test.each([
    ["0.0.0.0", false, "127.0.0.5", true],
    ["0.0.0.0", false, "::1", false],
    ["::", false, "127.0.0.5", true],
    ["::", false, "::1", true],
    ["::", true, "127.0.0.5", false],
    ["::", true, "::1", true],
  ] as const)("%s (IPv6 only: %p) takes what is sent to %s: %p", (host, ipv6Only, to, expected) => {
    const table = addresses();
    table.bind(host, 7, "wildcard", { ipv6Only });
    expect(table.find(to, 7)).toBe(expected ? "wildcard" : undefined);
  });

  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["127.0.0.1", "0.0.0.0"],
    ["0.0.0.0", "127.0.0.1"],
    ["0.0.0.0", "::"],
    ["::", "::1"],
  ])("%s excludes %s on the same port, whoever came first", (first, second) => {
    const table = addresses();
    table.bind(first, 7, "first");
    expect(() => table.bind(second, 7, "second")).toThrow("EADDRINUSE");
    table.bind(second, 8, "second");
    table.unbind("first");
    table.bind(second, 7, "third");
  });

  test("both must ask for it to share a port", () => {
    const table = addresses();
    table.bind("127.0.0.1", 7, "first", { reusePort: true });
    expect(() => table.bind("127.0.0.1", 7, "second")).toThrow("EADDRINUSE");
    table.bind("127.0.0.1", 7, "third", { reusePort: true });
    expect(table.all(7)).toEqual(["first", "third"]);
  });

  test("port 0 takes a free one each time", () => {
    const table = addresses();
    const ports = Array.from({ length: 100 }, (_, index) => {
      return table.bind("127.0.0.1", 0, String(index)).port;
    });
    expect(new Set(ports).size).toBe(100);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(49_152);
  });
});
