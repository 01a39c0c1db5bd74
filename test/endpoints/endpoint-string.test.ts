import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EndpointParseError } from "../../src/endpoints/endpoint-parse-error.ts";
import { quoteStringArgument, splitDescription } from "../../src/endpoints/endpoint-string.ts";
import { parseErrorOf } from "./parse-error-of.ts";

function argumentsOf(description: string) {
  const parts = splitDescription(description);
  const args = parts.filter((part) => part.name === null).map((part) => part.value);
  const named = parts.filter((part) => part.name !== null);
  return { args, kwargs: Object.fromEntries(named.map((part) => [part.name, part.value])) };
}

describe("endpoint strings", () => {
  test("a quoted text is taken for what it is, by its place and by name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const quoted = quoteStringArgument(text);
        expect(argumentsOf(`x:${quoted}`)).toEqual({ args: ["x", text], kwargs: {} });
        expect(argumentsOf(`x:k=${quoted}`)).toEqual({ args: ["x"], kwargs: { k: text } });
      }),
    );
  });

  test("each part knows where it stands and how it was written", () => {
    expect(
      splitDescription("tcp:80:a\\:b=c").map(({ position, text }) => [position, text]),
    ).toEqual([
      [0, "tcp"],
      [4, "80"],
      [7, "a\\:b=c"],
    ]);
  });

  test("whatever the text, it is split, or the backslash at its end is the error", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("\\", ":", "=", "a"), { maxLength: 12 }), (pieces) => {
        const description = pieces.join("");
        const dangles = /(?:^|[^\\])(?:\\\\)*\\$/.test(description);
        if (!dangles) {
          splitDescription(description);
          return;
        }
        expect(() => splitDescription(description)).toThrow(EndpointParseError);
      }),
    );
  });

  test("the error of a backslash at the end says where it stands", () => {
    const error = parseErrorOf(() => splitDescription("unix:/tmp/a\\"));
    expect(error).toMatchObject({ part: "\\", position: 11, description: "unix:/tmp/a\\" });
    expect(error.message).toBe(
      'Cannot use endpoint "unix:/tmp/a\\": the backslash at the end escapes nothing ' +
        '(in "\\" at position 11)',
    );
  });
});
