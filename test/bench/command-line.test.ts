import { describe, expect, test } from "bun:test";
import { parseCommandLine, UsageError } from "../../bench/command-line.ts";

describe("parseCommandLine", () => {
  test("runs everything at full size in 5 rounds unless told", () => {
    expect(parseCommandLine([])).toEqual({
      kind: "run",
      name: undefined,
      size: "full",
      rounds: 5,
      jsonPath: undefined,
      host: undefined,
    });
  });

  test("takes a name, a size, a number of rounds and a file", () => {
    const args = ["micro", "--smoke", "--rounds", "3", "--json", "a.json"];
    expect(parseCommandLine(args)).toMatchObject({
      name: "micro",
      size: "smoke",
      rounds: 3,
      jsonPath: "a.json",
    });
  });

  for (const [args, host, port] of [
    [["--listen"], "127.0.0.1", 5_300],
    [["--listen", ":7000"], "127.0.0.1", 7_000],
    [["--listen", "192.0.2.1"], "192.0.2.1", 5_300],
    [["--listen", "[2001:db8::1]:7000"], "2001:db8::1", 7_000],
  ] as const) {
    test(`listens on ${host} port ${port} when asked with ${args.join(" ")}`, () => {
      const command = parseCommandLine(["udp-throughput", ...args]);
      expect(command).toEqual({ kind: "listen", host, port });
    });
  }

  test("sends to the host it is given", () => {
    const command = parseCommandLine(["udp-throughput", "--host", "192.0.2.1:7000"]);
    expect(command).toMatchObject({ kind: "run", host: { host: "192.0.2.1", port: 7_000 } });
  });

  for (const [what, args] of [
    ["fewer than 5 rounds at full size", ["--rounds", "4"]],
    ["half a round", ["--smoke", "--rounds", "1.5"]],
    ["two names", ["a", "b"]],
    ["an option that there is not", ["--fast"]],
    ["an option without its value", ["--json"]],
    ["another host for what runs on one", ["micro", "--host", "192.0.2.1"]],
    ["a port that there is not", ["udp-throughput", "--host", "192.0.2.1:70000"]],
    ["an IPv6 address without brackets", ["udp-throughput", "--listen", "::1:7000"]],
  ] as const) {
    test(`refuses ${what}`, () => expect(() => parseCommandLine(args)).toThrow(UsageError));
  }
});
