import { FramingError } from "../framing/framing-error.ts";
import { DEFAULT_DELIMITER, DEFAULT_MAX_LINE_BYTES, LineCodec } from "../framing/line-codec.ts";
import type { ReceiveBuffer } from "../framing/receive-buffer.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { FrameReceiver } from "./frame-receiver.ts";

/**
 * Receives lines. Subclass it and override `lineReceived`; where the protocol also has parts that
 * are not lines, take a `LineReceiver`.
 */
export abstract class LineOnlyReceiver<
  T extends StreamTransport = StreamTransport,
> extends FrameReceiver<T> {
  /** What ends a line, in both directions; CR LF unless overridden. */
  delimiter: Uint8Array | string = DEFAULT_DELIMITER;
  /** How long a line may be, in bytes, without its delimiter; 16384 unless overridden. */
  maxLength = DEFAULT_MAX_LINE_BYTES;
  #codec: LineCodec | null = null;
  #codecDelimiter: Uint8Array | string = "";
  #codecMaxLength = 0;

  /** A line came; `line` has no delimiter, and is a view that keeps its chunk in memory. */
  abstract lineReceived(line: Buffer): void;

  /**
   * A line is longer than `maxLength`. Closes the connection unless overridden; whoever does not
   * close goes on with what comes next, as the beginning of a line.
   *
   * @param rest all that came and was not delivered, from the beginning of that line on
   */
  lineLengthExceeded(_rest: Buffer): void {
    this.transport.loseConnection();
  }

  /**
   * Sends a line and the delimiter. What is in the line is not looked at: one with a delimiter in
   * it arrives as two.
   *
   * @returns as `write` of the transport
   */
  sendLine(line: Uint8Array | string): boolean {
    const { delimiter } = this;
    if (typeof line === "string" && typeof delimiter === "string") {
      return this.transport.write(line + delimiter);
    }
    return this.transport.writeSequence([line, delimiter]);
  }

  protected override deliverFrame(buffer: ReceiveBuffer): boolean {
    let line: Buffer | null;
    try {
      line = this.#currentCodec().decode(buffer);
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.watch(this.lineLengthExceeded(buffer.takeAll()));
      return true;
    }
    if (line === null) return false;
    const result: unknown = this.lineReceived(line);
    if (result !== undefined) this.watch(result);
    return true;
  }

  #currentCodec(): LineCodec {
    const { delimiter, maxLength } = this;
    const isCurrent = this.#codecDelimiter === delimiter && this.#codecMaxLength === maxLength;
    if (this.#codec !== null && isCurrent) return this.#codec;
    this.#codecDelimiter = delimiter;
    this.#codecMaxLength = maxLength;
    this.#codec = new LineCodec({ delimiter, maxLength });
    return this.#codec;
  }
}
