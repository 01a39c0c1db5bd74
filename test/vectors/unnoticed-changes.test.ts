import { describe, expect, test } from "bun:test";
import { changesOf } from "./json-changes.ts";
import { number, text } from "./notation/scalars.ts";
import { fields, listOf, unsaid } from "./notation/shapes.ts";
import { UNSAID } from "./strict-comparison.ts";
import { changeExpectations } from "./unnoticed-changes.ts";
import { type JSONVector, mismatch, vectorGroup } from "./vector-group.ts";

const VECTOR: JSONVector = {
  id: "v",
  group: "g",
  basis: "beyond",
  expect: { events: ["a", "b"], count: 2 },
};

/** A group whose runs lead to `outcome`. */
function groupLeadingTo(outcome: unknown) {
  return vectorGroup({
    name: "g",
    input: {},
    expect: fields({ events: listOf(text), count: unsaid(number) }),
    observe: () => [{ how: "once", outcome }],
  });
}

async function unnoticedWith(outcome: unknown): Promise<readonly string[]> {
  const group = groupLeadingTo(outcome);
  const { expected, observe } = group.read(VECTOR);
  const observations = await observe();
  expect(mismatch(observations, expected)).toBeNull();
  return changeExpectations(group, VECTOR, observations).unnoticed;
}

describe("changesOf", () => {
  test("leaves out, repeats, swaps and changes everything, and puts in what is unknown", () => {
    const changed = [...changesOf({ a: [["go", 1], true] })].map(({ value }) => value);
    expect(changed).toContainEqual({});
    expect(changed).toContainEqual({ a: [true] });
    expect(changed).toContainEqual({ a: [["go", 1], ["go", 1], true] });
    expect(changed).toContainEqual({ a: [true, ["go", 1]] });
    expect(changed).toContainEqual({ a: [[1], true] });
    expect(changed).toContainEqual({ a: [["gox", 1], true] });
    expect(changed).toContainEqual({ a: [["go", 2], true] });
    expect(changed).toContainEqual({ a: [["go", "1"], true] });
    expect(changed).toContainEqual({ a: [["go", 1], false] });
    expect(changed).toContainEqual({ a: [["go", 1], true], wibble: null });
    expect(new Set(changed.map((value) => JSON.stringify(value))).size).toBe(changed.length);
  });

  test("says where, by the verbs of lists", () => {
    const words = new Set([...changesOf({ a: [["go", 1, [2]], 3] })].map(({ word }) => word));
    expect([...words].sort()).toEqual(["", ".a", ".a.go", ".a.go.1", ".a.go.2"]);
  });
});

describe("changeExpectations", () => {
  test("finds nothing where everything is compared, but what may be left open", async () => {
    const outcome = { events: ["a", "b"], count: 2 };
    expect(await unnoticedWith(outcome)).toEqual(["v: expect.count left out"]);
  });

  test("finds the part of an outcome that is not compared", async () => {
    const unnoticed = await unnoticedWith({ events: UNSAID, count: 2 });
    expect(unnoticed).toContain("v: expect.events[0] left out");
    expect(unnoticed).toContain('v: expect.events[1] made "bx"');
    expect(unnoticed).toContain("v: expect.events[0] behind the next one");
    expect(unnoticed).not.toContain("v: expect.count made 3");
  });

  test("a vector of which nothing is observed does not hold", () => {
    expect(mismatch([], {})).toBe("nothing was observed");
  });
});
