import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Approximately, firstDifference, OneOf, UNSAID } from "./strict-comparison.ts";

class Point {
  readonly x = 1;
}

const HOLE: unknown[] = [];
HOLE.length = 1;

const KEYED = Object.assign(["a"], { extra: 1 });

/** Values that a lax comparison takes for the same, and what is said of them. */
const DIFFERENT: readonly (readonly [what: string, actual: unknown, expected: unknown, string])[] =
  [
    ["a key is missing", { a: 1 }, { a: 1, b: 2 }, "at b: missing, expected 2"],
    ["a key is too many", { a: 1, b: 2 }, { a: 1 }, "at b: not expected to be there, got 2"],
    ["undefined is not absent", {}, { a: undefined }, "at a: missing, expected undefined"],
    ["absent is not undefined", { a: undefined }, {}, "at a: not expected to be there"],
    ["undefined is not null", { a: undefined }, { a: null }, "at a: expected null, got undefined"],
    ["-0 is not 0", [-0], [0], "at [0]: expected 0, got -0"],
    ["0 is not -0", 0, -0, "expected -0, got 0"],
    ["NaN is not 0", Number.NaN, 0, "expected 0, got NaN"],
    ["a number is not its text", 1, "1", 'expected string "1", got number 1'],
    ["a number is not a bigint", 1, 1n, "expected bigint 1n, got number 1"],
    ["false is not 0", false, 0, "expected number 0, got boolean false"],
    ["an order", ["a", "b"], ["b", "a"], 'at [0]: expected "b", got "a"'],
    [
      "an element is missing",
      [1],
      [1, 2],
      "expected 2 elements, got 1; the first one missing is 2",
    ],
    ["an element is too many", [1, 2], [1], "the first one too many is 2"],
    ["a hole is not undefined", HOLE, [undefined], "at [0]: one list has a hole"],
    ["a list with a key", KEYED, ["a"], "a list has keys besides its elements"],
    ["a list is not an object", ["a"], { 0: "a" }, "expected object"],
    [
      "bytes are not their text",
      Buffer.from("a"),
      "a",
      'expected string "a", got Buffer bytes "a"',
    ],
    ["a text is not its bytes", "a", Buffer.from("a"), 'expected Buffer bytes "a", got string "a"'],
    ["bytes are not a list", [97], Buffer.from("a"), "expected Buffer"],
    ["a Buffer is not a Uint8Array", Buffer.from("a"), new Uint8Array([97]), "expected Uint8Array"],
    ["a byte", Buffer.from("abc"), Buffer.from("abd"), "different from byte 2 on"],
    ["bytes are missing", Buffer.from("ab"), Buffer.from("abc"), "expected 3 bytes, got 2"],
    ["bytes are too many", Buffer.from("abc"), Buffer.from("ab"), "expected 2 bytes, got 3"],
    ["an instance is not its fields", new Point(), { x: 1 }, "expected object"],
    ["two instances", new Point(), new Point(), "expected"],
    ["two functions", () => 1, () => 1, "expected"],
    ["two maps", new Map([[1, 2]]), new Map([[1, 3]]), "expected"],
    ["a key that objects have", [], { toString: "" }, "expected object"],
    ["a symbol as a key", { [Symbol.iterator]: 1 }, {}, "at Symbol(Symbol.iterator): not expected"],
    ["deep inside", { a: [{ b: [1, 2] }] }, { a: [{ b: [1, 3] }] }, "at a[0].b[1]: expected 3"],
    ["none of some", 3, new OneOf([1, 2]), "like none of 2 alternatives (expected 1, got 3; exp"],
    ["none at all", 3, new OneOf([]), "like none of 0 alternatives ()"],
    ["too far away", 1.2, new Approximately(1, 0.1), "expected 1 or at most 0.1 from it, got 1.2"],
    ["NaN is near nothing", Number.NaN, new Approximately(1, 9), "got NaN"],
    ["a text is near nothing", "1", new Approximately(1, 9), 'got "1"'],
    ["another tolerance", new Approximately(1, 1), new Approximately(1, 2), "at [1]: expected 2"],
    ["UNSAID in a list that is longer", [UNSAID, 1], [UNSAID], "the first one too many is 1"],
    ["UNSAID for a key that is missing", {}, { a: UNSAID }, "at a: missing"],
  ];

const SAME: readonly (readonly [what: string, actual: unknown, expected: unknown])[] = [
  ["keys in another order", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["NaN and NaN", [Number.NaN], [Number.NaN]],
  ["-0 and -0", -0, -0],
  ["undefined and undefined", { a: undefined }, { a: undefined }],
  ["bytes of two buffers", Buffer.from("xab").subarray(1), Buffer.from("ab")],
  ["objects with and without a prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ["one of some", { a: 2 }, new OneOf([{ a: 1 }, { a: 2 }])],
  ["near enough", 1.1, new Approximately(1, 0.11)],
  ["two expectations of the same", new Approximately(1, 0.1), new Approximately(1, 0.1)],
  ["what is not said", { a: 1 }, { a: UNSAID }],
  ["what cannot be told", { a: UNSAID }, { a: 1 }],
];

describe("firstDifference", () => {
  for (const [what, actual, expected, message] of DIFFERENT) {
    test(`refuses: ${what}`, () => {
      expect(firstDifference(actual, expected)).toContain(message);
    });
  }

  for (const [what, actual, expected] of SAME) {
    test(`accepts: ${what}`, () => {
      expect(firstDifference(actual, expected)).toBeNull();
    });
  }

  test("a value that contains itself has an end", () => {
    const endless = () => {
      const list: unknown[] = [];
      list.push(list);
      return list;
    };
    expect(firstDifference(endless(), endless())).toContain("nested more than 64 deep");
  });

  test("shows the bytes around the first different one, and not all of them", () => {
    const expected = Buffer.alloc(100_000, "0123456789");
    const actual = Buffer.from(expected);
    actual[50_003] = 0x2a;
    const message = firstDifference({ a: actual }, { a: expected }) ?? "";
    expect(message).toStartWith("at a: expected 100000 bytes, got 100000");
    expect(message).toContain('from byte 49995 on expected bytes "5678901234');
    expect(message).toContain('got bytes "56789012*4');
    expect(message.length).toBeLessThan(400);
  });

  test("any JSON is the same as its copy, and differs from whatever has another text", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (one, other) => {
        expect(firstDifference(structuredClone(one), one)).toBeNull();
        const isSame = Bun.deepEquals(one, other, true);
        expect(firstDifference(one, other) === null).toBe(isSame);
      }),
    );
  });
});
