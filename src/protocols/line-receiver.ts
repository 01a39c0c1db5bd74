import type { ReceiveBuffer } from "../framing/receive-buffer.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { LineOnlyReceiver } from "./line-only-receiver.ts";

/**
 * Receives lines, and between them whatever else: `setRawMode` has the following bytes delivered
 * as they are, `setLineMode` goes back to lines. Subclass it and override `lineReceived` and
 * `rawDataReceived`.
 *
 * ```ts
 * class Upload extends LineReceiver {
 *   #missing = 0;
 *
 *   override lineReceived(line: Buffer): void {
 *     this.#missing = Number(line);
 *     this.setRawMode();
 *   }
 *
 *   override rawDataReceived(data: Buffer): void {
 *     const body = data.subarray(0, this.#missing);
 *     this.#missing -= body.length;
 *     if (this.#missing === 0) this.setLineMode(data.subarray(body.length));
 *   }
 * }
 * ```
 */
export abstract class LineReceiver<
  T extends StreamTransport = StreamTransport,
> extends LineOnlyReceiver<T> {
  #mode: "line" | "raw" = "line";

  /** Bytes came in raw mode, in whatever pieces; `maxLength` does not apply to them. */
  rawDataReceived(_data: Buffer): void {
    throw new TypeError("rawDataReceived is not overridden");
  }

  /**
   * From now on what comes goes to `rawDataReceived`, beginning with what is behind the line that
   * is being delivered.
   */
  setRawMode(): void {
    this.#mode = "raw";
    this.deliverKept();
  }

  /**
   * From now on what comes goes to `lineReceived`.
   *
   * @param rest what came in raw mode and is not raw; it comes before everything else
   */
  setLineMode(rest?: Buffer): void {
    this.#mode = "line";
    if (rest !== undefined) this.buffer.prepend(rest);
    this.deliverKept();
  }

  /**
   * Takes what came and was not delivered, such as the beginning of a line, away and returns it:
   * what `switchProtocol` wants as the leftover.
   */
  clearLineBuffer(): Buffer {
    return this.buffer.takeAll();
  }

  protected override deliverFrame(buffer: ReceiveBuffer): boolean {
    if (this.#mode === "line") return super.deliverFrame(buffer);
    const data = buffer.takeChunk();
    if (data === null) return false;
    this.watch(this.rawDataReceived(data));
    return true;
  }
}
