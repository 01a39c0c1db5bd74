import { describe, expect, test } from "bun:test";
import { libcOrNull } from "../../src/native/libc.ts";
import { RunningProgram, TEST_LIMIT_MS } from "./running-program.ts";

describe.skipIf(libcOrNull() === null)("pretzel sockopts (needs libc)", () => {
  test(
    "prints a table of options with their levels and values",
    async () => {
      const { output, errors, status } = await RunningProgram.run("", "sockopts");
      expect({ errors, status }).toEqual({ errors: "", status: 0 });
      expect(output).toMatch(/^NAME +LEVEL +TCP +UDP$/m);
      expect(output).toMatch(/^SO_KEEPALIVE +SOL_SOCKET +off +off$/m);
      expect(output).toMatch(/^IP_TTL +IPPROTO_IP +\d+ +\d+$/m);
    },
    TEST_LIMIT_MS,
  );

  test(
    "says below the table why values are missing, each reason once",
    async () => {
      const { output } = await RunningProgram.run("", "sockopts");
      const [table = "", notes = ""] = output.split("\n\n");
      const [, number] = /^SO_RCVTIMEO +SOL_SOCKET +- \[(\d+)\]/m.exec(table) ?? [];
      expect(table).toMatch(new RegExp(`^SO_SNDTIMEO +SOL_SOCKET +- \\[${number}\\]`, "m"));
      expect(notes).toContain(`[${number}] it limits blocking calls only`);
      expect(notes.match(/it limits blocking calls only/g)?.length).toBe(1);
    },
    TEST_LIMIT_MS,
  );

  test(
    "--json prints the same as data",
    async () => {
      const { output, status } = await RunningProgram.run("", "sockopts", "--json");
      expect(status).toBe(0);
      expect(JSON.parse(output)).toContainEqual({
        name: "SO_BROADCAST",
        level: "SOL_SOCKET",
        stream: { value: false, unsupported: null },
        datagram: { value: false, unsupported: null },
      });
    },
    TEST_LIMIT_MS,
  );
});
