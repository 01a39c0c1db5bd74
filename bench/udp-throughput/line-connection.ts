import { type CloseReason, Protocol } from "pretzel";
import { MAX_LINE_BYTES } from "./control-message.ts";

/** One end of the control connection: sends JSON values and hands on each line that comes. */
export class LineConnection extends Protocol {
  readonly #lineReceived: (line: string) => void;
  readonly #ended: (reason: CloseReason) => void;
  #partial = "";

  /** @param ended called when the connection has ended */
  constructor(lineReceived: (line: string) => void, ended: (reason: CloseReason) => void) {
    super();
    this.#lineReceived = lineReceived;
    this.#ended = ended;
  }

  /** Sends one value. */
  send(message: unknown): void {
    this.transport.write(`${JSON.stringify(message)}\n`);
  }

  /** Closes in order. */
  close(): void {
    this.transport.loseConnection();
  }

  override dataReceived(data: Buffer): void {
    const lines = (this.#partial + data.toString()).split("\n");
    this.#partial = lines.pop() ?? "";
    for (const line of lines) this.#lineReceived(line);
    if (this.#partial.length > MAX_LINE_BYTES) this.transport.abortConnection();
  }

  override connectionLost(reason: CloseReason): void {
    this.#ended(reason);
  }
}
