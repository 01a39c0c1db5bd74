import { describe, expect, test } from "bun:test";
import { UNSAID } from "../strict-comparison.ts";
import { byteString } from "./byte-string.ts";
import { type Kind, mapped } from "./kind.ts";
import { NotationError, Place } from "./place.ts";
import {
  amount,
  choice,
  either,
  flag,
  matching,
  nullable,
  number,
  seconds,
  text,
  wholeNumber,
} from "./scalars.ts";
import {
  byKey,
  byType,
  fields,
  lazily,
  listOf,
  named,
  record,
  tuple,
  unsaid,
  verbs,
  withDefault,
} from "./shapes.ts";

const call = verbs({ advance: [seconds], get: [text, withDefault(number, 7)], stop: [] });
const end = byType({ A: fields({ type: choice("A"), n: number }), B: fields({ type: text }) });
const answer = byKey({ ok: fields({ ok: flag }), error: fields({ error: text }) });
const config = fields({ size: wholeNumber, name: withDefault(text, "none"), at: unsaid(seconds) });

/** What a kind reads. */
const READS: readonly (readonly [what: string, kind: Kind<unknown>, json: unknown, unknown])[] = [
  ["a time in milliseconds", seconds, 1.5, 1500],
  ["a time to the microsecond", seconds, 0.1 + 0.2, 300],
  ["an amount to the millionth", amount, 0.1 + 0.2, 0.3],
  ["a choice", choice("a", 1, true), 1, 1],
  ["null", nullable(text), null, null],
  ["what is not null", nullable(text), "a", "a"],
  ["the first kind that fits", either(number, text), "a", "a"],
  ["bytes of a text", byteString, "a\u00ff\0", Buffer.from([0x61, 0xff, 0])],
  ["repeated bytes", byteString, { rep: [["a", "b"], 3] }, Buffer.from("ababab")],
  ["joined bytes", byteString, ["x", { rep: ["a", 2] }, []], Buffer.from("xaa")],
  ["a list", listOf(flag), [true, false], [true, false]],
  ["a tuple", tuple(text, seconds), ["a", 1], ["a", 1000]],
  ["keys", config, { size: 1, name: "a", at: 2 }, { size: 1, name: "a", at: 2000 }],
  ["keys left out", config, { size: 1 }, { size: 1, name: "none", at: UNSAID }],
  ["a record", record(flag), { a: true }, new Map([["a", true]])],
  ["a verb", call, ["advance", 1], ["advance", 1000]],
  ["an argument left out", call, ["get", "a"], ["get", "a", 7]],
  ["what the type says", end, { type: "A", n: 1 }, { type: "A", n: 1 }],
  ["what the key says", answer, { error: "e" }, { error: "e" }],
  ["what is mapped", mapped(text, (value) => value.length), "abc", 3],
];

/** What no kind takes, and what is said of it. */
const REFUSES: readonly (readonly [kind: Kind<unknown>, json: unknown, message: string])[] = [
  [text, 1, "v: the vector is 1: a text is needed"],
  [text, undefined, "v: the vector is undefined: a text is needed"],
  [matching("a digit", /^\d$/), "12", 'is "12": a digit is needed'],
  [wholeNumber, 1.5, "is 1.5: a whole number of at least 0 is needed"],
  [wholeNumber, -1, "is -1: a whole number of at least 0 is needed"],
  [wholeNumber, "1", 'is "1": a whole number'],
  [number, null, "is null: a number is needed"],
  [seconds, "1", 'is "1": a number of seconds is needed'],
  [flag, 0, "is 0: one of true, false is needed"],
  [choice("a", "b"), "c", 'is "c": one of "a", "b" is needed'],
  [choice(true), false, "is false: true is needed"],
  [nullable(text), 1, "is 1: a text is needed"],
  [either(number, flag), "a", 'is "a": a number or one of true, false is needed'],
  [byteString, "a\u0100", 'has "\u0100" at index 1: bytes end at U+00FF'],
  [byteString, 1, "is 1: a byte string is needed"],
  [byteString, { rep: ["a", 1], n: 1 }, "a byte string is needed"],
  [byteString, { rep: ["a"] }, 'rep is ["a"]: a list of bytes and a count is needed'],
  [byteString, { rep: ["a", -1] }, "rep[1] is -1: a whole number of at least 0 is needed"],
  [byteString, { rep: [1, 1] }, "rep[0] is 1: a byte string is needed"],
  [byteString, { rep: [{ rep: ["a", 1e6] }, 1e6] }, "is of 1000000000000 bytes: at most 16777216"],
  [listOf(text), ["a", 1], "[1] is 1: a text is needed"],
  [listOf(text), { 0: "a" }, 'is {"0":"a"}: a list is needed'],
  [tuple(text, text), ["a"], 'is ["a"]: a list of a text, a text is needed'],
  [
    config,
    {},
    'lacks the key "size": a whole number of at least 0 is needed; known are size, name',
  ],
  [config, { size: 1, sise: 1 }, 'has the unknown key "sise": known are size, name, at'],
  [config, { size: 1, name: null }, "v: name is null: a text is needed"],
  [config, { size: 1, toString: 1 }, 'has the unknown key "toString"'],
  [fields({}), { a: 1 }, 'has the unknown key "a": known are none'],
  [fields({ a: config }), { a: [] }, "a is []: an object is needed"],
  [record(flag), { a: 1 }, "v: a is 1: one of true, false is needed"],
  [call, ["advanse", 1], 'has the unknown verb "advanse": known are advance, get, stop'],
  [call, ["constructor"], 'has the unknown verb "constructor"'],
  [call, [], "has the unknown verb undefined: known are advance, get, stop"],
  [call, ["advance"], "has 0 arguments of advance: a number of seconds are needed"],
  [call, ["stop", 1], "has 1 arguments of stop: none are needed"],
  [call, ["get", "a", 1, 2], "has 3 arguments of get: a text, a number are needed"],
  [call, ["get", "a", null], "[2] is null: a number is needed"],
  [call, "stop", 'is "stop": a list is needed'],
  [end, { type: "C" }, 'is {"type":"C"}: an object whose type is one of A, B is needed'],
  [end, { type: "toString" }, "an object whose type is one of A, B is needed"],
  [end, { type: "A" }, 'lacks the key "n"'],
  [answer, {}, "is {}: an object with one of the keys ok, error is needed"],
  [answer, { ok: true, error: "e" }, 'has the unknown key "error": known are ok'],
  [named("x", fields({ a: listOf(call) })), { a: [["stop"], ["a"]] }, "v: a[1] has the unknown ve"],
  [lazily("a call", () => call), ["a"], 'has the unknown verb "a"'],
];

describe("The kinds of the notation", () => {
  for (const [what, kind, json, value] of READS) {
    test(`read ${what}`, () => {
      const read = kind.read(json, new Place("v"));
      expect(Bun.deepEquals(read, value, true)).toBe(true);
    });
  }

  for (const [kind, json, message] of REFUSES) {
    test(`refuse ${Bun.inspect(json).replace(/\s+/g, " ")}: ${message}`, () => {
      const read = () => kind.read(json, new Place("v"));
      expect(read).toThrow(NotationError);
      expect(read).toThrow(message);
    });
  }

  test("say which words there are, and which were read", () => {
    const kind = fields({
      mode: choice("a", "b"),
      ops: listOf(call),
      limit: nullable(number),
      by: named("by", either(number, text)),
      calls: record(call),
    });
    const used = new Set<string>();
    const at = new Place("v", used);
    kind.read(
      { mode: "a", ops: [["get", "x", 1]], limit: null, by: 1, calls: { z: ["stop"] } },
      at,
    );
    const words = kind.words("");
    expect([...used].filter((word) => !words.includes(word))).toEqual([]);
    expect(words.filter((word) => !used.has(word))).toEqual([
      "mode=b",
      "ops.advance",
      "ops.advance.1",
      "ops.stop",
      "limit=a number",
      "by: a text",
      "calls.advance",
      "calls.advance.1",
      "calls.get",
      "calls.get.1",
      "calls.get.2",
    ]);
  });
});
