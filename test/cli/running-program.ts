import { join } from "node:path";
import { Occurrences } from "../occurrences.ts";

/** The file behind the command. */
export const MAIN = join(import.meta.dir, "../../src/cli/main.ts");

/** Far more than any test needs; a program that runs longer hangs, and is then killed. */
const TIME_LIMIT_MS = 60_000;

/** How long a test with programs may take, in milliseconds. */
export const TEST_LIMIT_MS = 90_000;

/** How a program came to its end. */
export interface ProgramEnd {
  readonly output: string;
  readonly errors: string;
  readonly status: number | null;
}

/** `pretzel` in a process of its own; killed when it is disposed of. */
export class RunningProgram implements AsyncDisposable {
  readonly #process: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #occurrences = new Occurrences();
  readonly #errors: Promise<string>;
  readonly #outputRead: Promise<void>;
  #output = "";

  constructor(...words: (string | number)[]) {
    this.#process = Bun.spawn([process.execPath, MAIN, ...words.map(String)], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      timeout: TIME_LIMIT_MS,
      killSignal: "SIGKILL",
    });
    this.#errors = new Response(this.#process.stderr).text();
    this.#outputRead = this.#readOutput();
  }

  /** Runs it with this input to its end. */
  static async run(input: string | Uint8Array, ...words: (string | number)[]): Promise<ProgramEnd> {
    await using program = new RunningProgram(...words);
    program.type(input);
    program.endInput();
    return await program.end();
  }

  get processId(): number {
    return this.#process.pid;
  }

  /** What it has written to standard output so far. */
  get output(): string {
    return this.#output;
  }

  /** Resolves with its whole output so far once `pattern` is found in it. */
  async prints(pattern: RegExp): Promise<string> {
    await this.#occurrences.until(String(pattern), () => pattern.test(this.#output));
    return this.#output;
  }

  /** Writes to its standard input. */
  type(input: string | Uint8Array): void {
    if (input.length === 0) return;
    this.#process.stdin.write(input);
    this.#process.stdin.flush();
  }

  endInput(): void {
    this.#process.stdin.end();
  }

  signal(name: "SIGTERM" | "SIGINT"): void {
    this.#process.kill(name);
  }

  /** Resolves once it has ended by itself. */
  async end(): Promise<ProgramEnd> {
    const status = await this.#process.exited;
    await this.#outputRead;
    return { output: this.#output, errors: await this.#errors, status };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  async #readOutput(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#process.stdout) {
      this.#output += decoder.decode(chunk, { stream: true });
      this.#occurrences.happened();
    }
    this.#occurrences.over(`the program has ended: ${await this.#errors}`);
  }
}
