import { describe, expect, test } from "bun:test";
import { groupOf } from "./all-groups.ts";
import { loadVectorFiles, readVectorFile } from "./vector-files.ts";

function fileOf(meta: object, ...vectors: object[]): string {
  return JSON.stringify({ meta: { schema: "protocol-vectors/1", ...meta }, vectors });
}

describe("The files of vectors", () => {
  test("every JSON file of the folder is one, and none is empty", () => {
    const files = loadVectorFiles();
    expect(files.map(({ name }) => name)).toContain("protocol-vectors.json");
    for (const { vectors } of files) expect(vectors.length).toBeGreaterThan(0);
  });

  test("a file of another schema is refused", () => {
    const refused = () => readVectorFile("x.json", fileOf({ schema: "vectors/2", count: 0 }));
    expect(refused).toThrow('x.json is of the schema "vectors/2": vectors of "protocol-vectors/1"');
    expect(() => readVectorFile("x.json", "{}")).toThrow("x.json is of the schema undefined");
  });

  test("a file that has not as many vectors as it says is refused", () => {
    const refused = () => readVectorFile("x.json", fileOf({ count: 2 }, { id: "a", group: "g" }));
    expect(refused).toThrow("x.json has 1 vectors: it says 2");
  });

  test("two vectors of one group with one id are refused, of two groups not", () => {
    const vector = { id: "a", group: "g" };
    const refused = () => readVectorFile("x.json", fileOf({ count: 2 }, vector, vector));
    expect(refused).toThrow("x.json has two vectors called g a");
    const other = { id: "a", group: "h" };
    expect(readVectorFile("x.json", fileOf({ count: 2 }, vector, other)).vectors).toHaveLength(2);
  });

  test("a vector of a group that does not exist fails, and is not passed over", () => {
    expect(() => groupOf({ id: "a", group: "clocks" })).toThrow(
      'a: group is "clocks": known are lineReceiver,',
    );
  });
});
