import { describe, expect, test } from "bun:test";
import { chunkings } from "../../src/testing/chunkings.ts";

function sizes(chunks: readonly Buffer[]): string {
  return chunks.map((chunk) => chunk.length).join(" ");
}

describe("chunkings", () => {
  test("every way joins to the input, and no chunk is empty", () => {
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, index) => index % 256));
    for (const chunks of chunkings(bytes)) {
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
    }
  });

  test("whole, bytewise and every cut in two are among the ways", () => {
    const ways = new Set([...chunkings("hello")].map(sizes));
    for (const way of ["5", "1 1 1 1 1", "1 4", "2 3", "3 2", "4 1"]) expect(ways).toContain(way);
  });

  test("fixed sizes leave a shorter last chunk", () => {
    const ways = new Set([...chunkings("x".repeat(10))].map(sizes));
    expect(ways).toContain("3 3 3 1");
    expect(ways).toContain("9 1");
  });

  test("nothing is one way of no chunks, a single byte is one way", () => {
    expect([...chunkings("")]).toEqual([[]]);
    expect([...chunkings("x")].map(sizes)).toEqual(["1"]);
  });

  test("a long input is cut in two at a bounded number of places, densest at the ends", () => {
    const cuts = [...chunkings(Buffer.alloc(100_000), { maxFixedSize: 1, randomWays: 0 })]
      .filter((chunks) => chunks.length === 2)
      .map(([first]) => first?.length ?? 0);
    expect(cuts.length).toBe(256);
    expect(new Set(cuts).size).toBe(256);
    expect(cuts.slice(0, 3)).toEqual([1, 2, 3]);
    expect(cuts.slice(-2)).toEqual([99_998, 99_999]);
    expect(cuts).toEqual(cuts.toSorted((a, b) => a - b));
  });

  test("a seed repeats its random ways, another seed has others", () => {
    const random = (seed: number) =>
      [...chunkings("x".repeat(1000), { seed, maxSplits: 0, maxFixedSize: 1 })].map(sizes);
    expect(random(7)).toEqual(random(7));
    expect(random(7)).not.toEqual(random(8));
  });

  test("a string is cut as UTF-8, inside characters too", () => {
    expect([...chunkings("é")].map(sizes)).toContain("1 1");
  });

  test("chunks are copies: changing one changes neither the input nor the others", () => {
    const bytes = Buffer.from("abc");
    for (const chunks of chunkings(bytes)) for (const chunk of chunks) chunk.fill(0);
    expect(bytes.toString()).toBe("abc");
  });
});
