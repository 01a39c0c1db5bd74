import { describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  libcCandidates,
  libcMissingBecause,
  libcOrNull,
  loadLibc,
  replaceLibc,
  requireLibc,
} from "../../src/native/libc.ts";

/** What proc(5) shows of a process that has mapped `paths`, a few ranges each. */
function mapOf(...paths: string[]): string {
  const ranges = paths.flatMap((path) => [
    `7f0000000000-7f0000026000 r--p 00000000 fe:00 339380                     ${path}`,
    `7f0000026000-7f000017c000 r-xp 00026000 fe:00 339380                     ${path}`,
  ]);
  return `${["00200000-0a000000 r--p 00000000 fe:00 2 /usr/bin/bun", ...ranges].join("\n")}\n`;
}

describe("libc: which library", () => {
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    ["glibc", ["/usr/lib/x86_64-linux-gnu/libc.so.6"], ["/usr/lib/x86_64-linux-gnu/libc.so.6"]],
    ["glibc before 2.34", ["/lib/libm-2.31.so", "/lib/libc-2.31.so"], ["/lib/libc-2.31.so"]],
    ["musl", ["/lib/ld-musl-aarch64.so.1"], ["/lib/ld-musl-aarch64.so.1"]],
    ["a folder with a space", ["/opt/a b/libc.so.6"], ["/opt/a b/libc.so.6"]],
    ["one that was replaced since", ["/usr/lib/libc.so.6 (deleted)"], []],
    ["what is only called alike", ["/lib/libc.so.6.bak", "/lib/mylibc.so.6", "[heap]"], []],
    ["none", [], []],
  ];
  for (const [what, paths, candidates] of cases) {
    test(`the one that the process has mapped: ${what}`, () => {
      expect(libcCandidates("linux", "x64", () => mapOf(...paths))).toEqual(candidates);
    });
  }

  test("without proc(5) there is none", () => {
    const unreadable = () => {
      throw new Error("ENOENT");
    };
    expect(libcCandidates("linux", "x64", unreadable)).toEqual([]);
  });

  test.each([
    ["darwin", "arm64"],
    ["win32", "x64"],
    ["linux", "riscv64"],
  ])("%s on %s has none, because its numbers are others", (platform, processor) => {
    const map = () => mapOf("/usr/lib/libc.so.6");
    expect(libcCandidates(platform, processor, map)).toEqual([]);
  });
});

describe("libc: a library that cannot be loaded", () => {
  test("no candidates: the reason names the system", () => {
    const { libc, reason } = loadLibc([]);
    expect(libc).toBeNull();
    expect(reason).toContain(`for ${process.platform} on ${process.arch}`);
  });

  test("missing libraries: the reason names each of them", () => {
    const { libc, reason } = loadLibc(["/no-such-library.so.1", "/nor-this-one.so.2"]);
    expect(libc).toBeNull();
    expect(reason).toContain("no-such-library.so.1");
    expect(reason).toContain("nor-this-one.so.2");
  });

  test("requireLibc says what it was wanted for, and why it is missing", () => {
    using _ = replaceLibc(loadLibc(["/no-such-library.so.1"]));
    expect(libcOrNull()).toBeNull();
    expect(() => requireLibc("bind a socket")).toThrow(
      /^Cannot bind a socket: libc could not be loaded \(\/no-such-library\.so\.1: .+\)$/,
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
    const { libc, reason } = loadLibc(["/no-such-library.so.1", ...libcCandidates()]);
    expect(reason).toBeNull();
    expect(libc).not.toBeNull();
  });

  test("a library of the working directory is not loaded", () => {
    const [path = ""] = libcCandidates();
    const folder = mkdtempSync(join(tmpdir(), "pretzel-libc-"));
    const module = join(import.meta.dir, "../../src/native/libc.ts");
    const program = `import { loadLibc } from ${JSON.stringify(module)};
      console.log(loadLibc(["libc.so.6", "planted.so"]).reason);`;
    try {
      for (const name of ["libc.so.6", "planted.so"]) copyFileSync(path, join(folder, name));
      const { stdout } = Bun.spawnSync([process.execPath, "-e", program], { cwd: folder });
      expect(stdout.toString()).toBe(
        "libc.so.6: it is no absolute path; planted.so: it is no absolute path\n",
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
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
