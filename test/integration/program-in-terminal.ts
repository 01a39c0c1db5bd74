import { Occurrences } from "../occurrences.ts";

/** What the terminal makes of Ctrl-C: a SIGINT for the whole foreground process group. */
const CTRL_C = "\x03";

/** A program that runs in a pseudo-terminal of its own, as its foreground. */
export class ProgramInTerminal implements Disposable {
  readonly #child: Bun.Subprocess;
  readonly #occurrences = new Occurrences();
  readonly #decoder = new TextDecoder();
  #screen = "";

  constructor(command: string[], options: { readonly cwd?: string } = {}) {
    this.#child = Bun.spawn(command, {
      ...options,
      terminal: {
        data: (_terminal, data) => {
          this.#screen += this.#decoder.decode(data, { stream: true });
          this.#occurrences.happened();
        },
        exit: () => this.#occurrences.over("the program has ended"),
      },
    });
  }

  /** All that it has printed so far. */
  get screen(): string {
    return this.#screen;
  }

  /** Resolves once `text` is on the screen. */
  async shows(text: string): Promise<void> {
    await this.#occurrences.until(text, () => this.#screen.includes(text));
  }

  pressCtrlC(): void {
    this.#child.terminal?.write(CTRL_C);
  }

  /** Resolves with the exit status, or the signal that ended it. */
  async ended(): Promise<number | string> {
    const status = await this.#child.exited;
    return this.#child.signalCode ?? status;
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
    this.#child.terminal?.close();
  }
}
