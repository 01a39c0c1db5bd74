import { describe, expect, test } from "bun:test";
import { LengthFieldCodec } from "../../src/framing/length-field-codec.ts";
import { LineCodec } from "../../src/framing/line-codec.ts";
import { NetstringCodec } from "../../src/framing/netstring-codec.ts";

const MAKERS: readonly [string, (maxLength: number) => unknown][] = [
  ["LineCodec", (maxLength) => new LineCodec({ maxLength })],
  ["NetstringCodec", (maxLength) => new NetstringCodec(maxLength)],
  ["LengthFieldCodec", (maxLength) => new LengthFieldCodec({ maxLength })],
];

describe.each(MAKERS)("%s", (_name, make) => {
  test("a maxLength that is not a number of at least 0 is refused", () => {
    for (const maxLength of [Number.NaN, -1, Number.NEGATIVE_INFINITY]) {
      const message = `Cannot allow a maxLength of ${maxLength}: at least 0 is needed`;
      expect(() => make(maxLength)).toThrow(new RangeError(message));
    }
  });

  test("a maxLength of 0 and one without end are taken", () => {
    expect(() => make(0)).not.toThrow();
    expect(() => make(Number.POSITIVE_INFINITY)).not.toThrow();
  });
});
