import { describe, expect, test } from "bun:test";
import {
  libcCandidates,
  libcMissingBecause,
  libcOrNull,
  loadLibc,
  replaceLibc,
  requireLibc,
} from "../../src/native/libc.ts";

describe("libc: which library", () => {
  test("Linux has glibc first, then musl for the processor", () => {
    expect(libcCandidates("linux", "arm64")).toEqual([
      "libc.so.6",
      "libc.musl-aarch64.so.1",
      "ld-musl-aarch64.so.1",
    ]);
    expect(libcCandidates("linux", "x64")).toContain("libc.musl-x86_64.so.1");
  });

  test.each([
    ["darwin", "arm64"],
    ["win32", "x64"],
    ["linux", "riscv64"],
  ])("%s on %s has none, because its numbers are others", (platform, processor) => {
    expect(libcCandidates(platform, processor)).toEqual([]);
  });
});

describe("libc: a library that cannot be loaded", () => {
  test("no candidates: the reason names the system", () => {
    const { libc, reason } = loadLibc([]);
    expect(libc).toBeNull();
    expect(reason).toBe(`no C library is known for ${process.platform} on ${process.arch}`);
  });

  test("missing libraries: the reason names each of them", () => {
    const { libc, reason } = loadLibc(["no-such-library.so.1", "nor-this-one.so.2"]);
    expect(libc).toBeNull();
    expect(reason).toContain("no-such-library.so.1");
    expect(reason).toContain("nor-this-one.so.2");
  });

  test("requireLibc says what it was wanted for, and why it is missing", () => {
    using _ = replaceLibc(loadLibc(["no-such-library.so.1"]));
    expect(libcOrNull()).toBeNull();
    expect(() => requireLibc("bind a socket")).toThrow(
      /^Cannot bind a socket: libc could not be loaded \(no-such-library\.so\.1: .+\)$/,
    );
  });

  test("replaceLibc puts back what was there", () => {
    const before = libcOrNull();
    {
      using _ = replaceLibc(loadLibc([]));
      expect(libcMissingBecause()).not.toBeNull();
    }
    expect(libcOrNull()).toBe(before);
  });
});

describe.skipIf(libcOrNull() === null)("libc: loaded (only where there is one)", () => {
  test("a missing candidate is passed over for the next one", () => {
    const { libc, reason } = loadLibc(["no-such-library.so.1", ...libcCandidates()]);
    expect(reason).toBeNull();
    expect(libc).not.toBeNull();
  });

  test("it is loaded once", () => {
    expect(libcOrNull()).toBe(requireLibc("look twice"));
    expect(libcMissingBecause()).toBeNull();
  });

  test("errno is that of the call before", () => {
    const libc = requireLibc("fail");
    expect(libc.close(-1)).toBe(-1);
    expect(libc.errno()).toBe(9);
    expect(libc.socket(99, 1, 0)).toBe(-1);
    expect(libc.errno()).toBe(97);
  });
});
