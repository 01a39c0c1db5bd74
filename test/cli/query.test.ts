import { describe, expect, test } from "bun:test";
import { RawListener } from "../raw-listener.ts";
import { RunningProgram, TEST_LIMIT_MS } from "./running-program.ts";
import { bracketed, SERVED_HOSTS, startServing } from "./serving-program.ts";

/** The IPv6 one where there is one. */
const HOST = bracketed(SERVED_HOSTS.at(-1) ?? "");

const OFFSET = "offset [+-]\\d+\\.\\d\\d ± \\d+\\.\\d\\d s against this machine";

describe("pretzel query", () => {
  test(
    "prints what services answer over TCP and UDP",
    async () => {
      const { program, port } = await startServing();
      await using _program = program;
      const ends = await Promise.all(
        [["tcp"], ["udp", "--udp"]].flatMap(([transport = "", ...options]) =>
          ["time", "daytime", "echo"].map(async (service) => {
            const where = `${HOST}:${port(service)}`;
            const end = await RunningProgram.run("", "query", service, where, ...options);
            expect({ status: end.status, errors: end.errors }).toEqual({ status: 0, errors: "" });
            return { service, from: RegExp.escape(`${transport} ${where}`), ...end };
          }),
        ),
      );
      for (const { service, from, output } of ends) {
        expect(output).toMatch(
          {
            time: new RegExp(
              `^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ\\n${OFFSET}, from ${from}\\n$`,
            ),
            daytime: /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\n$/,
            echo: new RegExp(`^256 bytes came back unchanged in \\d+\\.\\d{3} ms from ${from}\\n$`),
          }[service] ?? /^$/,
        );
      }
    },
    TEST_LIMIT_MS,
  );

  test(
    "the time of a machine that agrees is within its uncertainty",
    async () => {
      const { program, port } = await startServing("--services", "time");
      await using _program = program;
      const { output } = await RunningProgram.run("", "query", "time", `127.0.0.1:${port("time")}`);
      const [, offset, uncertainty] = /offset ([+-][\d.]+) ± ([\d.]+) s/.exec(output) ?? [];
      expect(Math.abs(Number(offset))).toBeLessThanOrEqual(Number(uncertainty) + 0.01);
    },
    TEST_LIMIT_MS,
  );

  test(
    "a time of 8 bytes ends it with 1 and one line",
    async () => {
      using listener = new RawListener();
      await using program = new RunningProgram("query", "time", `127.0.0.1:${listener.port}`);
      using peer = await listener.accept();
      await peer.send(Buffer.alloc(8));
      peer.sendFIN();
      expect(await program.end()).toEqual({
        output: "",
        errors: `pretzel: tcp 127.0.0.1:${listener.port} sent 8 bytes: a time has 4\n`,
        status: 1,
      });
    },
    TEST_LIMIT_MS,
  );

  test(
    "a service that says nothing ends it with 1 after the timeout",
    async () => {
      using listener = new RawListener();
      const where = `127.0.0.1:${listener.port}`;
      expect(await RunningProgram.run("", "query", "echo", where, "--timeout", "0.1")).toEqual({
        output: "",
        errors: `pretzel: tcp ${where} did not finish its answer within 100 ms\n`,
        status: 1,
      });
    },
    TEST_LIMIT_MS,
  );
});
