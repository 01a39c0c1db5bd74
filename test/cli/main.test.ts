import { describe, expect, test } from "bun:test";
import packageJson from "../../package.json";
import { MAIN, RunningProgram, TEST_LIMIT_MS } from "./running-program.ts";

describe("pretzel", () => {
  test(
    "tells the version of the package and ends with 0",
    async () => {
      const { version } = packageJson;
      const end = await RunningProgram.run("", "--version");
      expect(end).toEqual({ output: `${version}\n`, errors: "", status: 0 });
    },
    TEST_LIMIT_MS,
  );

  test(
    "a usage error ends it with 64",
    async () => {
      const { output, errors, status } = await RunningProgram.run("", "serve", "--bogus");
      expect({ output, status }).toEqual({ output: "", status: 64 });
      expect(errors).toBe("pretzel: unknown option '--bogus'\n");
    },
    TEST_LIMIT_MS,
  );

  test("the file of the command can be run by itself", async () => {
    const [firstLine] = (await Bun.file(MAIN).text()).split("\n");
    expect(firstLine).toBe("#!/usr/bin/env bun");
    expect((await Bun.file(MAIN).stat()).mode & 0o111).toBe(0o111);
  });

  // Only Linux has this device.
  test.skipIf(process.platform !== "linux")(
    "an output that cannot be written ends it with 1 and one line",
    async () => {
      const command = [process.execPath, MAIN, "--help"];
      await using full = Bun.spawn(command, { stdout: Bun.file("/dev/full"), stderr: "pipe" });
      expect(await full.stderr.text()).toBe(
        "pretzel: cannot write to standard output: ENOSPC: no space left on device, write\n",
      );
      expect(await full.exited).toBe(1);
    },
    TEST_LIMIT_MS,
  );
});
