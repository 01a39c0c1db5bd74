import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Codec } from "../../src/framing/codec.ts";
import { FixedLengthCodec } from "../../src/framing/fixed-length-codec.ts";
import type { ReceiveBuffer } from "../../src/framing/receive-buffer.ts";
import { codecTarget } from "./codec-target.ts";
import { FUZZ_TARGETS } from "./fuzz-targets.ts";
import { randomBytes } from "./random-bytes.ts";
import { runTarget } from "./run-target.ts";

/** Enough to run every line of the targets, few enough for every run of the tests. */
const SMOKE_RUNS = 300;
const SEED = 1;

describe("Fuzz targets hold for some inputs", () => {
  for (const target of FUZZ_TARGETS) {
    test(`${target.name}, ${SMOKE_RUNS} runs from seed ${SEED}`, () => {
      expect(runTarget(target, SMOKE_RUNS, SEED)).toBeNull();
    });
  }
});

/** Takes what is there, wherever the network cut it. */
class ChunkCodec extends FixedLengthCodec {
  override decode(buffer: ReceiveBuffer): Buffer | null {
    return buffer.takeChunk();
  }
}

/** Never finds a message and never gives up. */
class EndlessCodec extends FixedLengthCodec {
  override decode(): null {
    return null;
  }
}

/** Forgets that a message may not be complete. */
class HastyCodec extends FixedLengthCodec {
  override decode(buffer: ReceiveBuffer): Buffer | null {
    return buffer.length === 0 ? null : buffer.take(4);
  }
}

describe("The codec target finds a codec", () => {
  const broken: readonly [string, () => Codec<Buffer, Uint8Array>, RegExp][] = [
    ["whose messages depend on the chunks", () => new ChunkCodec(4), /in chunks of .* gave/],
    ["that lets more wait than it says", () => new EndlessCodec(4), /bytes wait, the limit is 4/],
    ["that throws something else", () => new HastyCodec(4), /Cannot take 4 bytes/],
  ];
  for (const [what, makeCodec, message] of broken) {
    test(what, () => {
      const alphabet = Buffer.from("abc");
      const target = codecTarget("broken", (random) => ({
        makeCodec,
        alphabet,
        message: () => randomBytes(random, 4, alphabet),
      }));
      const failure = runTarget(target, SMOKE_RUNS, SEED);
      expect(String(failure?.error)).toMatch(message);
      expect(runTarget(target, 1, failure?.seed ?? 0)).toEqual(failure);
    });
  }
});

function fuzz(...args: string[]): { exitCode: number; output: string } {
  const program = join(import.meta.dir, "main.ts");
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, program, ...args]);
  return { exitCode, output: `${stdout}${stderr}` };
}

describe("The fuzz program", () => {
  test("runs the target that is named, from the seed that is given", () => {
    const { exitCode, output } = fuzz("--runs", "5", "--seed", "7", "netstring");
    expect(output).toMatch(/^netstring: 5 runs from seed 7, [\d.]+ s\n$/);
    expect(exitCode).toBe(0);
  });

  test("says how it is called when the target does not exist", () => {
    const { exitCode, output } = fuzz("nonsense");
    expect(output).toStartWith("Usage: ");
    expect(exitCode).toBe(64);
  });
});
