import { join } from "node:path";
import { Occurrences } from "../occurrences.ts";

/** Far more than any example needs; a program that runs longer hangs, and is then killed. */
const TIME_LIMIT_MS = 20_000;

/** How long a test with examples may take, in milliseconds. */
export const TEST_LIMIT_MS = 30_000;

/** How a program came to its end. */
export interface ExampleEnd {
  /** What it wrote to standard output and was not yet taken with `line`. */
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number | null;
}

/** A program of the folder examples, in a process of its own; killed when it is disposed of. */
export class RunningExample implements AsyncDisposable {
  readonly #process: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #occurrences = new Occurrences();
  readonly #errors: Promise<string>;
  readonly #outputRead: Promise<void>;
  #output = "";

  /** Starts the example `name` in the time zone UTC. */
  constructor(name: string, ...parameters: (string | number)[]) {
    const path = join(import.meta.dir, "../../examples", `${name}.ts`);
    this.#process = Bun.spawn([process.execPath, path, ...parameters.map(String)], {
      env: { ...process.env, TZ: "UTC" },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      timeout: TIME_LIMIT_MS,
      killSignal: "SIGKILL",
    });
    this.#errors = new Response(this.#process.stderr).text();
    this.#outputRead = this.#readOutput();
  }

  /** Resolves with the next line of its output. */
  async line(): Promise<string> {
    await this.#occurrences.until("a line of output", () => this.#output.includes("\n"));
    const end = this.#output.indexOf("\n");
    const line = this.#output.slice(0, end);
    this.#output = this.#output.slice(end + 1);
    return line;
  }

  /** Resolves with the port in its next line, which must be `<text> 127.0.0.1:<port>`. */
  async portAfter(text: string): Promise<number> {
    const line = await this.line();
    const prefix = `${text} 127.0.0.1:`;
    const port = Number(line.slice(prefix.length));
    if (line.startsWith(prefix) && port > 0) return port;
    throw new Error(`Expected "${prefix}" and a port, got ${JSON.stringify(line)}`);
  }

  /** Types a line at its standard input. */
  type(line: string): void {
    this.#process.stdin.write(`${line}\n`);
    this.#process.stdin.flush();
  }

  /** Ends its standard input. */
  endInput(): void {
    this.#process.stdin.end();
  }

  /** Asks it to stop, as `kill` does. */
  terminate(): void {
    this.#process.kill("SIGTERM");
  }

  /** Resolves once it has ended by itself. */
  async end(): Promise<ExampleEnd> {
    const exitCode = await this.#process.exited;
    await this.#outputRead;
    return { output: this.#output, errors: await this.#errors, exitCode };
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
    this.#occurrences.over(`the example has ended: ${await this.#errors}`);
  }
}
