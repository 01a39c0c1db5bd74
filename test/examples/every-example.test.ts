import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

test("Every example is run by a test in this folder", () => {
  const tests = readdirSync(import.meta.dir).filter((name) => name.endsWith(".test.ts"));
  const texts = tests.map((name) => readFileSync(join(import.meta.dir, name), "utf8")).join("\n");
  const run = new Set(
    [...texts.matchAll(/new RunningExample\(\s*"([^"]+)"/g)].map(([, name]) => name),
  );
  const examples = readdirSync(join(import.meta.dir, "../../examples"));
  expect(run).toEqual(new Set(examples.map((name) => basename(name, ".ts"))));
});
