import { type CloseReason, ConnectionClosedError, DONE } from "../reactor/close-reason.ts";
import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import { Protocol } from "../reactor/protocol.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { unreadClearText } from "../reactor/unread-clear-text.ts";
import type { WaitOptions } from "../task/wait-options.ts";
import { CARRIAGE_RETURN, IncomingBytes } from "./incoming-bytes.ts";
import { IncompleteReadError } from "./incomplete-read-error.ts";
import { MAX_PIECE_BYTES } from "./send-file.ts";

const LINE_FEED = Buffer.from("\n");

/** The longest line or part that is read unless told: what a `LineReceiver` takes. */
const DEFAULT_MAX_LENGTH = 16_384;

/** How a line, or a part up to a delimiter, is read. */
export interface ReadUntilOptions extends WaitOptions {
  /** How long it may be, in bytes, without its end; 16384 unless told. */
  readonly maxLength?: number;
}

/** As the standard has it; Bun has it too, but its types do not say so. */
interface AbortableController extends WritableStreamDefaultController {
  readonly signal: AbortSignal;
}

/**
 * A connection for code that waits, with `await`, for what it needs next.
 *
 * ```ts
 * const factory = new Factory(() => new StreamProtocol(async (stream) => {
 *   for (let line = await stream.readLine(); line !== null; line = await stream.readLine()) {
 *     stream.write(`${line.toString().toUpperCase()}\n`);
 *     await stream.drained();
 *   }
 * }));
 * ```
 *
 * What nobody reads waits in a buffer of 64 KiB, and then the peer waits. What came before the end
 * can be read after it. A read while another is under way is refused. A read that is cancelled by
 * its signal has read nothing.
 *
 * It is half-close aware: when the peer has finished, reads tell so, and writing goes on until
 * `closeWrite` or `close`. A connection whose `serve` has returned is closed.
 */
export class StreamProtocol extends Protocol implements AsyncIterable<Buffer>, AsyncDisposable {
  readonly #serve: ((stream: StreamProtocol) => Promise<void>) | undefined;
  readonly #closed = Promise.withResolvers<CloseReason>();
  readonly #incoming = new IncomingBytes({
    pauseProducing: () => this.transport.pauseProducing(),
    resumeProducing: () => this.transport.resumeProducing(),
  });
  #readable: ReadableStream<Uint8Array> | null = null;
  #writable: WritableStream<Uint8Array | string> | null = null;
  /** Has `writable` fail; null as long as nobody has asked for it. */
  #writableController: WritableStreamDefaultController | null = null;
  #reading = false;
  #writeEnded = false;
  /** What `drained` has told of a lost connection, perhaps before its end could be delivered. */
  #lossTold: CloseReason | null = null;

  /**
   * @param serve what is done with the connection; it is called once it is made. When its promise
   * is fulfilled the connection is closed; when it is rejected it ends with that error as the cause
   */
  constructor(serve?: (stream: StreamProtocol) => Promise<void>) {
    super();
    this.#serve = serve;
  }

  /** The transport, for what has no method here. */
  get connection(): StreamTransport {
    return this.transport;
  }

  /** Resolves with the reason once the connection has ended. Unread data keeps it from ending. */
  get closed(): Promise<CloseReason> {
    return this.#closed.promise;
  }

  /**
   * Resolves with the bytes that came next, as soon as there are some; null at the end.
   *
   * @param maxBytes how many at most; as many as there are in one piece unless told
   * @throws {RangeError} as a rejection, when `maxBytes` is not a number of at least 1
   * @throws {ConnectionClosedError} as a rejection, when the connection was lost or aborted
   */
  read(maxBytes?: number, options: WaitOptions = {}): Promise<Buffer | null> {
    return this.#exclusively(async ({ buffer }) => {
      mustBe(maxBytes === undefined || maxBytes >= 1, `${maxBytes} bytes`, "at least 1");
      if (!(await this.#incoming.wait(1, options.signal))) return this.#endOfStream();
      const data = buffer.takeChunk();
      if (data === null || maxBytes === undefined || data.length <= maxBytes) return data;
      buffer.prepend(data.subarray(maxBytes));
      return data.subarray(0, maxBytes);
    });
  }

  /**
   * Resolves with exactly `count` bytes.
   *
   * @throws {RangeError} as a rejection, when `count` is not a whole number of at least 0
   * @throws {IncompleteReadError} as a rejection, when the stream ends before
   */
  readExactly(count: number, options: WaitOptions = {}): Promise<Buffer> {
    return this.#exclusively(async (incoming) => {
      const isCount = Number.isSafeInteger(count) && count >= 0;
      mustBe(isCount, `${count} bytes`, "a whole number of at least 0");
      if (await incoming.wait(count, options.signal)) return incoming.buffer.take(count);
      throw incoming.incomplete(`${count} bytes`);
    });
  }

  /**
   * Resolves with what is before the next `delimiter`, which is read too.
   *
   * @throws {RangeError} as a rejection, when `delimiter` is empty or `maxLength` is not a number
   * of at least 0
   * @throws {IncompleteReadError} as a rejection, when the stream ends before
   * @throws {FrameTooLongError} as a rejection, when more than `maxLength` bytes come before it;
   * they stay to be read
   */
  readUntil(delimiter: Uint8Array | string, options: ReadUntilOptions = {}): Promise<Buffer> {
    const { maxLength = DEFAULT_MAX_LENGTH, signal } = options;
    return this.#exclusively(async (incoming) => {
      const end = Buffer.from(outgoingBytes(delimiter));
      mustBe(end.length > 0, "until an empty delimiter", "at least 1 byte");
      return incoming.takeUntil({ end, maxLength, isLine: false }, signal);
    });
  }

  /**
   * Resolves with the next line, without the LF or CR LF at its end; null when there is none. The
   * last line needs no end.
   *
   * @throws {IncompleteReadError} as a rejection, when the connection was lost in mid-line
   * @throws {FrameTooLongError} as a rejection, when the line is longer than `maxLength`
   */
  readLine(options: ReadUntilOptions = {}): Promise<Buffer | null> {
    const { maxLength = DEFAULT_MAX_LENGTH, signal } = options;
    return this.#exclusively(async (incoming) => {
      try {
        const line = await incoming.takeUntil({ end: LINE_FEED, maxLength, isLine: true }, signal);
        return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
      } catch (error) {
        if (!(error instanceof IncompleteReadError) || error.reason.kind !== "done") throw error;
        return error.partial.length > 0 ? error.partial : null;
      }
    });
  }

  /** The bytes as they come, until the end. Leaving the loop closes nothing, and loses nothing. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (let data = await this.read(); data !== null; data = await this.read()) yield data;
  }

  /** What comes, for `pipeTo` and its like, instead of the reads above. To cancel it closes. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const data = await this.read();
          if (data === null) controller.close();
          else controller.enqueue(data);
        },
        cancel: () => this.close(),
      },
      { highWaterMark: 0 },
    );
    return this.#readable;
  }

  /**
   * What is written to it is sent, however large a chunk is. Closing it is `closeWrite`, aborting
   * it is an abort. When the connection ends first it fails with a `ConnectionClosedError`.
   */
  get writable(): WritableStream<Uint8Array | string> {
    this.#writable ??= new WritableStream<Uint8Array | string>({
      start: (controller) => {
        this.#writableController = controller;
        // A sink's `abort` waits for the write under way, which a peer that does not read holds up.
        const { signal } = controller as AbortableController;
        signal.addEventListener("abort", () => this.transport.abortConnection(), { once: true });
      },
      write: (chunk) => this.#writeAll(outgoingBytes(chunk)),
      close: () => this.closeWrite(),
    });
    return this.#writable;
  }

  /** Sends bytes, or a string as UTF-8. Returns as `write` of the transport; see `drained`. */
  write(data: Uint8Array | string): boolean {
    return this.transport.write(data);
  }

  /**
   * Resolves when writing may go on: wait for it after a `write`, or what the peer does not read
   * piles up until the connection is lost. After `closeWrite` or `close` it never may, and there is
   * nothing to wait for: what was written leaves all the same.
   *
   * @throws {ConnectionClosedError} as a rejection, when the connection has ended
   */
  async drained(): Promise<void> {
    try {
      await this.transport.drained();
    } catch (error) {
      if (error instanceof ConnectionClosedError) this.#lossTold = error.reason;
      throw error;
    }
  }

  /** Sends what was written and then the end of our stream; reading goes on. */
  closeWrite(): void {
    this.#writeEnded = true;
    this.transport.loseWriteConnection();
  }

  /** Sends what was written and closes. What has come can still be read; nothing more comes. */
  close(): void {
    this.transport.loseConnection();
  }

  /** Closes, and resolves when the connection has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  override async connectionMade(): Promise<void> {
    if (this.#serve === undefined) return;
    try {
      await this.#serve(this);
    } catch (error) {
      // That the connection was lost is reported as such, and no fault of who served it.
      if (!this.#wasLost(error)) throw error;
    }
    this.close();
  }

  override dataReceived(data: Buffer): void {
    this.#incoming.received(data);
  }

  override tlsStarted(): void {
    const { length } = this.#incoming.buffer;
    if (length > 0) throw unreadClearText(length);
  }

  override readConnectionLost(): void {
    this.#incoming.ended(DONE);
  }

  override connectionLost(reason: CloseReason): void {
    this.#incoming.ended(reason);
    this.#closed.resolve(reason);
    this.#writableController?.error(new ConnectionClosedError(reason));
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; start += MAX_PIECE_BYTES) {
      if (this.#writeEnded || this.transport.disconnecting) throw new ConnectionClosedError(DONE);
      this.transport.write(bytes.subarray(start, start + MAX_PIECE_BYTES));
      await this.drained();
    }
  }

  /** Whether `error` tells that this connection was lost, and not another. */
  #wasLost(error: unknown): boolean {
    const isEnd = error instanceof ConnectionClosedError || error instanceof IncompleteReadError;
    if (!isEnd || error.reason.kind === "done") return false;
    return this.transport.disconnecting || error.reason === this.#lossTold;
  }

  #endOfStream(): null {
    const { end } = this.#incoming;
    if (end === null || end.kind === "done") return null;
    throw new ConnectionClosedError(end);
  }

  async #exclusively<R>(read: (incoming: IncomingBytes) => Promise<R>): Promise<R> {
    if (this.#reading) throw new Error("Cannot read: another read is under way");
    this.#reading = true;
    try {
      return await read(this.#incoming);
    } finally {
      this.#reading = false;
      this.#incoming.taken();
    }
  }
}

function mustBe(holds: boolean, what: string, wanted: string): void {
  if (!holds) throw new RangeError(`Cannot read ${what}: ${wanted} is needed`);
}
