import { Occurrences } from "../occurrences.ts";

/** A program beside this file that runs, and the lines it has printed. */
export class RunningProgram implements Disposable {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;
  readonly #occurrences = new Occurrences();
  readonly lines: string[] = [];

  /** @param command what runs the program with its parameters; this runtime unless told */
  constructor(program: string, parameters: string[] = [], command = [process.execPath]) {
    const path = `${import.meta.dir}/${program}`;
    this.#child = Bun.spawn([...command, path, ...parameters], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    void this.#read();
  }

  /** Resolves with the rest of the first line that begins with `start`. */
  async line(start: string): Promise<string> {
    const find = () => this.lines.find((line) => line.startsWith(start));
    await this.#occurrences.until(`a line ${start}`, () => find() !== undefined);
    return find()?.slice(start.length) ?? "";
  }

  signal(name: "SIGTERM" | "SIGINT"): void {
    this.#child.kill(name);
  }

  /** Resolves with the exit status, or the signal that ended it. */
  async ended(): Promise<number | string> {
    const status = await this.#child.exited;
    return this.#child.signalCode ?? status;
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      this.lines.push(...lines);
      this.#occurrences.happened();
    }
    this.#occurrences.over("the program has ended");
  }
}
