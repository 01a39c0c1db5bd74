import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  descriptorLimit,
  limitFromFile,
  limitFromLibc,
} from "../../src/native/descriptor-limit.ts";
import { libcOrNull, loadLibc, replaceLibc } from "../../src/native/libc.ts";

const module = JSON.stringify(`${import.meta.dir}/../../src/native/descriptor-limit.ts`);

/** The limit that a process started under `ulimit -n` finds. */
function limitUnder(ulimit: string, call: string): string {
  const program = `import { ${call} } from ${module}; console.log(${call}());`;
  const { stdout } = Bun.spawnSync(
    ["sh", "-c", `ulimit -n ${ulimit} && exec "$0" -e "$1"`, process.execPath, program],
    { stderr: "inherit" },
  );
  return stdout.toString().trim();
}

function limitIn(text: string): number | null {
  const folder = mkdtempSync(join(tmpdir(), "limits-"));
  try {
    const path = join(folder, "limits");
    writeFileSync(path, text);
    return limitFromFile(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const HEADER = "Limit                     Soft Limit           Hard Limit           Units     \n";

describe("descriptorLimit: from proc(5)", () => {
  test("the first number is the soft limit", () => {
    const line = "Max open files            1024                 4096                 files     \n";
    expect(limitIn(HEADER + line)).toBe(1024);
  });

  test("unlimited is Infinity", () => {
    const line = "Max open files            unlimited            unlimited            files     \n";
    expect(limitIn(HEADER + line)).toBe(Number.POSITIVE_INFINITY);
  });

  test("a file without the line, or no file, says nothing", () => {
    expect(limitIn(HEADER)).toBeNull();
    expect(limitFromFile("/nowhere/limits")).toBeNull();
  });
});

describe.skipIf(process.platform !== "linux")("descriptorLimit (Linux has proc(5))", () => {
  test.each(["descriptorLimit", "limitFromFile"])("%s is the limit of the process", (call) => {
    expect(limitUnder("123", call)).toBe("123");
  });

  test("without libc it comes from proc(5)", () => {
    const expected = limitFromFile();
    using _ = replaceLibc(loadLibc([]));
    expect(limitFromLibc()).toBeNull();
    expect(expected).toBeGreaterThan(0);
    expect(descriptorLimit()).toBe(expected ?? 0);
  });
});

test.skipIf(libcOrNull() === null)("descriptorLimit: libc and proc(5) agree (needs libc)", () => {
  expect(limitFromLibc()).toBe(limitFromFile());
});
