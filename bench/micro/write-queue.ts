/** What a write costs before the kernel has any part in it. */
import { Protocol, type WriteMode } from "pretzel";
import { type ConnectedPair, connectedPair } from "pretzel/testing";
import { mustEqual } from "../benchmark.ts";
import { seededBytes } from "../seeded-bytes.ts";
import { microBenchmark, type MicroCase } from "./micro-benchmark.ts";

/** Writes in a turn, and their size: single ones, many that are gathered, some that are not. */
const SHAPES = [
  [1, 16],
  [1, 16_384],
  [32, 16],
  [128, 64],
  [32, 1_024],
  [8, 65_536],
] as const;

const WRITE_MODES: readonly WriteMode[] = ["immediate", "buffered"];

class Idle extends Protocol {}

class Counter extends Protocol {
  bytes = 0;

  override dataReceived(data: Buffer): void {
    this.bytes += data.length;
  }
}

/** Some writes in one turn, and their way to the other end in memory. */
class Writes implements MicroCase {
  readonly parameters: MicroCase["parameters"];
  readonly operations: number;
  readonly #chunk: Buffer;
  readonly #counter = new Counter();
  readonly #pair: ConnectedPair;
  #runs = 0;

  constructor(writes: number, chunk: Buffer, writeMode: WriteMode) {
    this.parameters = { "writes/turn": writes, bytes: chunk.length, mode: writeMode };
    this.operations = writes;
    this.#chunk = chunk;
    this.#pair = connectedPair(new Idle(), this.#counter, { writeMode });
  }

  run(): void {
    this.#runs++;
    for (let count = 0; count < this.operations; count++) this.#pair.client.write(this.#chunk);
    this.#pair.flush();
  }

  check(): void {
    const expected = this.#runs * this.operations * this.#chunk.length;
    mustEqual("Bytes that arrived", this.#counter.bytes, expected);
  }

  [Symbol.dispose](): void {
    this.#pair.client.abortConnection();
    this.#pair.flush();
  }
}

/** Writes through the queue and past it. */
export const MICRO_WRITE_QUEUE = microBenchmark(
  "micro/write-queue",
  "writes through a transport to another one in memory",
  (_size, seed) =>
    SHAPES.flatMap(([writes, bytes]) => {
      const chunk = seededBytes(bytes, seed);
      return WRITE_MODES.map((mode) => new Writes(writes, chunk, mode));
    }),
);
