import { describe, expect, test } from "bun:test";
import { functionSpans } from "./function-bodies.ts";

const CASES: readonly [code: string, heads: string[]][] = [
  ["function a(b: C): D {}", ["function a(b: C): D"]],
  [
    "export async function a<T extends { b: C }>(d = {}): Promise<{ e: F }> {}",
    ["export async function a<T extends { b: C }>(d = {}): Promise<{ e: F }>"],
  ],
  [
    "class A extends b(c) { d(): void {} get e(): F[] {} #g = () => {}; }",
    ["d(): void", "get e(): F[]", "#g = () =>"],
  ],
  ["const a = { b() {}, async c() {}, d: {} };", ["b()", "async c()"]],
  ["const a = (b: C) => { d(); };", ["const a = (b: C) =>"]],
  ["a(b, (c) => {}, function (d) {});", ["b, (c) =>", "function (d)"]],
  ["if (a) {} else if (b) {} else {} for (;;) {} while (c()) {} switch (d) {}", []],
  ["try {} catch (a) {} finally {} do {} while (b());", []],
  ["switch (a) { case b: if (c()) {} break; default: if (d()) {} }", []],
  ["interface A { b(): void } type C = { d(): void };", []],
  ["export const a: B[] = [{ c: {} }]; return { d: f() };", []],
];

describe("functionSpans", () => {
  test.each(CASES)("reads %s", (code, heads) => {
    expect(functionSpans(code).map(({ head }) => head)).toEqual(heads);
  });

  test("reaches from the declaration to the closing brace", () => {
    const text = "function b(\n  c: D,\n) {\n  if (c) {\n  }\n}";
    const code = `a();\n${text}\ne();\n`;
    expect(functionSpans(code).map(({ start, end }) => code.slice(start, end))).toEqual([text]);
  });
});
