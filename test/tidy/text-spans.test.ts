import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { blankSpans, textSpans } from "./text-spans.ts";

/** Source, and what is left of it. Spaces stand for what was blanked. */
const CASES: readonly [what: string, source: string, blanked: string][] = [
  ["a line comment", "a; // b\nc;", "a;     \nc;"],
  ["a block comment over two lines", "a /* b\nc */ d", "a     \n     d"],
  ["a comment that never closes", "a /* b", "a     "],
  ["a hash-bang line", "#!/usr/bin\na", "          \na"],
  ["the contents of strings", `"ab" + 'c'`, `"  " + ' '`],
  ["an empty string", `a("")`, `a("")`],
  ["an escaped quote", String.raw`"a\"b" c`, `"    " c`],
  ["an escaped backslash at the end", String.raw`"a\\" c`, `"   " c`],
  ["quotes of the other kind", `"it's" c`, `"    " c`],
  ["a string that never closes, up to its line end", `"ab\nc`, `"  \nc`],
  ["comment signs inside a string", `"// a" b`, `"    " b`],
  ["a template literal over two lines", "`a\nb` c", "` \n ` c"],
  ["the text around an expression", "`a${b}c` d", "` ${b} ` d"],
  ["an object inside an expression", "`a${{ b: {} }}c` d", "` ${{ b: {} }} ` d"],
  ["a template inside a template", "`a${`b${c}d`}e` f", "` ${` ${c} `} ` f"],
  ["a string inside an expression", '`a${"}"}b` c', '` ${" "} ` c'],
  ["an escaped expression", "`\\${a}` b", "`     ` b"],
  ["a regular expression after =", 'a = /"/g;', "a = / /g;"],
  ["a regular expression after return", "return /'/;", "return / /;"],
  ["a slash inside a class", "a(/[/'] /, b)", "a(/     /, b)"],
  ["a division", "a / b / c", "a / b / c"],
  ["a division after a call", 'a() / 2 + "b" / 2', 'a() / 2 + " " / 2'],
  ["a division by a property called like a keyword", "a.in / 2 / 'b'", "a.in / 2 / ' '"],
];

describe("textSpans", () => {
  test.each(CASES)("finds %s", (_what, source, blanked) => {
    expect(blankSpans(source, textSpans(source))).toBe(blanked);
  });

  test("tells comments from literals", () => {
    expect(textSpans(`"a" // b`)).toEqual([
      { kind: "literal", start: 1, end: 2 },
      { kind: "comment", start: 4, end: 8 },
    ]);
  });

  test("blanking keeps length and lines, whatever the text", () => {
    const pieces = fc.constantFrom("a", " ", "\n", '"', "'", "`", "${", "}", "{", "/", "*", "\\");
    const sources = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(sources, (source) => {
        const blanked = blankSpans(source, textSpans(source));
        const lineLengths = (text: string) => text.split("\n").map((line) => line.length);
        expect(lineLengths(blanked)).toEqual(lineLengths(source));
      }),
    );
  });
});
