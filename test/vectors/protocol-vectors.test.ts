import { describe, expect, test } from "bun:test";
import { decodeBytes, vectorsOf } from "./protocol-vectors.ts";

describe("protocol vectors", () => {
  test("a string stands for its characters as bytes", () => {
    expect(decodeBytes("a\u00ff\u0000")).toEqual(Buffer.from([0x61, 0xff, 0x00]));
  });

  test("rep repeats and a list joins", () => {
    expect(decodeBytes(["x", { rep: [["a", "b"], 3] }]).toString()).toBe("xababab");
  });

  test("a group that does not exist is an error, not an empty list", () => {
    expect(() => vectorsOf("nonsense")).toThrow("There are no vectors of the group nonsense");
  });
});
