/** What the guide says that `explore` prints is what it prints. */
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { explore } from "../../src/testing/explore.ts";
import type { Scenario } from "../../src/testing/simulated-network.ts";

const ROOT = join(import.meta.dir, "../..");
/** Ignored by git, and inside the project, so that its settings hold there. */
const SCRATCH = join(ROOT, "coverage");

test("the guide to testing protocols shows what explore says of its example", async () => {
  const guide = readFileSync(join(ROOT, "docs/testing-protocols.md"), "utf8");
  const blocks = [...guide.matchAll(/^```(?:ts|text)\n(.*?)^```$/gms)].map(([, block]) => block);
  const example = blocks.find((block) => block?.includes("export async function scenario")) ?? "";
  const printed = blocks.find((block) => block?.startsWith("An invariant broke"));
  const { scenario } = await importText(example.replace(/^test\(.*?^\}\);$/ms, ""));
  let message = "";
  try {
    explore({ runs: 1_000, seed: 1 }, scenario);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(`${message}\n`).toBe(printed ?? "no such block");
});

/** The module with this text. */
async function importText(text: string): Promise<{ scenario: Scenario }> {
  mkdirSync(SCRATCH, { recursive: true });
  const folder = mkdtempSync(join(SCRATCH, "guide-"));
  try {
    writeFileSync(join(folder, "example.ts"), text);
    return await import(join(folder, "example.ts"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
