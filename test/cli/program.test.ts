import { describe, expect, test } from "bun:test";
import { runProgram } from "../../src/cli/program.ts";
import { StandardOutput } from "../../src/cli/standard-output.ts";
import { HeldStream } from "./held-stream.ts";
import { TypedInput } from "./typed-input.ts";

const COMMANDS = ["serve", "connect", "query", "sockopts"] as const;

/** What the program does with a command line, in this process. */
async function run(...words: string[]) {
  const stream = new HeldStream();
  let errors = "";
  const status = await runProgram(words, {
    input: new TypedInput().input,
    output: new StandardOutput(stream, (error) => {
      throw error;
    }),
    tell: (text) => {
      errors += text;
    },
    version: "1.2.3",
  });
  return { status, output: stream.written, errors };
}

describe("pretzel --help", () => {
  test("lists the commands", async () => {
    const { status, output, errors } = await run("--help");
    expect({ status, errors }).toEqual({ status: 0, errors: "" });
    for (const command of COMMANDS) expect(output).toMatch(new RegExp(`^  ${command} `, "m"));
  });

  test.each(COMMANDS)("of %s tells its usage", async (command) => {
    const { status, output, errors } = await run(command, "--help");
    expect({ status, errors }).toEqual({ status: 0, errors: "" });
    expect(output).toStartWith(`Usage: pretzel ${command} [options]`);
  });

  test("of serve, whole", async () => {
    expect((await run("serve", "--help")).output).toBe(
      [
        "Usage: pretzel serve [options]",
        "",
        "Serves the small services over TCP and UDP until SIGINT or SIGTERM, and prints",
        "one line for each connection that has ended.",
        "",
        "Options:",
        "  -V, --version         output the version number",
        "  --host <address>      an IP address to serve on, repeatable (default:",
        "                        127.0.0.1 and ::1)",
        "  --port-base <number>  added to each service's well-known port; 0 serves on the",
        "                        well-known ports (default: 10000)",
        "  --services <names>    which ones, separated by commas (default: all)",
        "  --quiet               print errors only",
        "  -h, --help            display help for command",
        "",
      ].join("\n"),
    );
  });
});

describe("pretzel --version", () => {
  test.each([[], ...COMMANDS.map((command) => [command])])("%p", async (...words) => {
    expect(await run(...words, "--version")).toEqual({ status: 0, output: "1.2.3\n", errors: "" });
  });
});

describe("a command line that is wrong ends with 64 and one line", () => {
  test.each([
    ["bogus", "unknown command 'bogus'"],
    ["serve extra", "too many arguments for 'serve'"],
    ["serve --bogus", "unknown option '--bogus'"],
    ["serve --port-base x", "It must be a whole number from 0 to 65498."],
    ["serve --port-base 65499", "It must be a whole number from 0 to 65498."],
    ["serve --host localhost", "It must be an IP address, such as 127.0.0.1 or ::1."],
    ["serve --services echo,qotd", '"qotd" is none of echo, discard, daytime, chargen, time.'],
    ["connect", "missing required argument 'target'"],
    ["connect localhost:7", "is none of tcp:HOST:PORT, udp:HOST:PORT and unix:PATH"],
    ["connect tcp:localhost:7 --timeout 0", "It must be a number of seconds above 0"],
    ["connect tcp:localhost:7 --wait soon", "It must be a number of seconds above 0"],
    ["query time", "missing required argument 'host[:port]'"],
    ["query qotd localhost", "Allowed choices are time, daytime, echo."],
    ["query time localhost:99999", "is not a port: a whole number from 1 to 65535"],
    ["sockopts extra", "too many arguments for 'sockopts'"],
  ])("%s", async (line, problem) => {
    const { status, output, errors } = await run(...line.split(" "));
    expect({ status, output }).toEqual({ status: 64, output: "" });
    expect(errors).toMatch(/^pretzel: [^\n]*\n$/);
    expect(errors).toContain(problem);
  });

  test("no command at all shows what there is", async () => {
    const { status, errors } = await run();
    expect(status).toBe(64);
    expect(errors).toStartWith("Usage: pretzel [options] [command]");
  });
});

describe("a command that fails ends with 1 and one line", () => {
  // A label of a name has at most 63 characters, so that no name server is asked.
  const nobody = `${"x".repeat(64)}.invalid`;

  test.each([
    [`connect tcp:${nobody}:7`, `Cannot connect to tcp ${nobody}:7: ENOTFOUND`],
    [`connect udp:${nobody}:7`, `Cannot connect to udp ${nobody}:7: ENOTFOUND`],
    ["connect unix:/nowhere/at/all", "Cannot connect to unix /nowhere/at/all: ENOENT"],
    [`query time ${nobody}`, `Cannot connect to tcp ${nobody}:37: ENOTFOUND`],
    [`query daytime ${nobody} --udp`, `Cannot connect to udp ${nobody}:13: ENOTFOUND`],
    [
      "serve --host 192.0.2.1",
      "Cannot start echo: Cannot listen on tcp 192.0.2.1:10007: EADDRNOTAVAIL, " +
        "this machine does not have this address",
    ],
  ])("%s", async (line, message) => {
    expect(await run(...line.split(" "))).toEqual({
      status: 1,
      output: "",
      errors: `pretzel: ${message}\n`,
    });
  });
});
