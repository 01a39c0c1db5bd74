import type { StandardOutput } from "./standard-output.ts";

/** Above this nobody reads along, and more lines would only cost memory: some 2000 lines. */
const MAX_WAITING_BYTES = 262_144;

/** Lines on standard output that never pile up: for a reader that is too slow they are counted. */
export class LineLog {
  readonly #output: Pick<StandardOutput, "write" | "waitingBytes">;
  #left = 0;

  constructor(output: Pick<StandardOutput, "write" | "waitingBytes">) {
    this.#output = output;
  }

  /** @param line without its line end */
  write(line: string): void {
    if (this.#output.waitingBytes > MAX_WAITING_BYTES) {
      this.#left++;
      return;
    }
    if (this.#left > 0) this.#output.write(`${this.#left} lines were left out: output is slow\n`);
    this.#left = 0;
    this.#output.write(`${line}\n`);
  }
}
