import { describe, expect, spyOn, test } from "bun:test";
import { STDERR_LOGGER, steadyLogger } from "../../src/reactor/logger.ts";

const fail = () => {
  throw new Error("not to be shown");
};

const stackless = new Error("no stack");
Object.defineProperty(stackless, "stack", { get: fail });

const UNPRINTABLE: readonly (readonly [string, unknown])[] = [
  ["an error whose stack throws", stackless],
  ["an error whose stack is no text", Object.assign(new Error("odd"), { stack: Symbol("stack") })],
  [
    "an object that throws when it is inspected",
    { [Symbol.for("nodejs.util.inspect.custom")]: fail },
  ],
  [
    "a proxy whose every trap throws",
    new Proxy({}, { getPrototypeOf: fail, get: fail, ownKeys: fail }),
  ],
];

/** What `report` writes to standard error. */
function written(report: () => void): string {
  const chunks: string[] = [];
  using _stderr = spyOn(process.stderr, "write").mockImplementation((chunk) => {
    chunks.push(String(chunk));
    return true;
  });
  report();
  return chunks.join("");
}

describe("STDERR_LOGGER", () => {
  test.each(UNPRINTABLE)("%s is reported all the same", (_what, error) => {
    const text = written(() => STDERR_LOGGER.error("a timed call failed", error));
    expect(text).toStartWith("pretzel error: a timed call failed\n");
    expect(text).toEndWith("\n");
  });

  test("an error comes with its stack, anything else as it is inspected", () => {
    const error = new Error("told");
    expect(written(() => STDERR_LOGGER.warn("failed", error))).toContain(error.stack ?? "");
    expect(written(() => STDERR_LOGGER.warn("failed", { code: 7 }))).toContain("{ code: 7 }");
    expect(written(() => STDERR_LOGGER.warn("nothing thrown"))).toBe(
      "pretzel warning: nothing thrown\n",
    );
  });
});

describe("steadyLogger", () => {
  test("what a logger throws is reported to standard error, with what it was told", () => {
    const steady = steadyLogger({ warn: fail, error: fail });
    const text = written(() => steady.error("a timed call failed", "the fault"));
    expect(text).toContain("pretzel error: the logger failed\n");
    expect(text).toContain("pretzel error: a timed call failed\nthe fault\n");
  });

  test.each(UNPRINTABLE)("%s cannot make it throw, thrown and told", (_what, error) => {
    const report = () => {
      throw error;
    };
    const steady = steadyLogger({ warn: report, error: report });
    expect(() => written(() => steady.warn("a timed call failed", error))).not.toThrow();
  });
});
