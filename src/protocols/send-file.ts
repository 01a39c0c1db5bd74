import { ConnectionClosedError, DONE } from "../reactor/close-reason.ts";
import type { Producer } from "../reactor/producer.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import type { WaitOptions } from "../task/wait-options.ts";

/** The most that is written at once; a source may hand out far more than may wait to be sent. */
export const MAX_PIECE_BYTES = 65_536;

/**
 * Sends all of a file, or of another source of bytes, and resolves with how many there were once
 * the last has been written to the transport. It is the transport's producer meanwhile: the source
 * is read only as fast as the peer takes it, and `loseConnection` waits for its end.
 *
 * ```ts
 * const bytes = await sendFile(this.transport, Bun.file("large.iso"));
 * ```
 *
 * @param source `Bun.file(path)` is a `Blob`; for a part of it take `slice`, counted from the
 * front: from the end, as in `slice(-100)`, Bun streams nothing of a file
 * @param options.signal stops sending; what was written by then is sent
 * @throws {ConnectionClosedError} as a rejection, when the connection ends first, or has ended; or
 * what reading the source fails with. The source is cancelled then.
 */
export async function sendFile(
  transport: StreamTransport,
  source: Blob | ReadableStream<Uint8Array>,
  options: WaitOptions = {},
): Promise<number> {
  const { signal } = options;
  const stream: ReadableStream<Uint8Array> = source instanceof Blob ? source.stream() : source;
  const sender = new FileSender(transport, stream.getReader());
  const abort = () => sender.cancel(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  try {
    return await sender.send();
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** The part of a stream's reader that is needed. */
interface SourceReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(reason: unknown): Promise<void>;
}

class FileSender implements Producer {
  readonly #transport: StreamTransport;
  readonly #reader: SourceReader;
  /** `stopped` by the connection, which has ended; `cancelled` by the signal. */
  #state: "sending" | "paused" | "stopped" | "cancelled" = "sending";
  #cancelReason: unknown = null;
  #resumed: PromiseWithResolvers<void> | null = null;

  constructor(transport: StreamTransport, reader: SourceReader) {
    this.#transport = transport;
    this.#reader = reader;
  }

  async send(): Promise<number> {
    try {
      this.#throwIfCancelled();
      this.#transport.registerProducer(this, true);
    } catch (error) {
      this.#cancelSource(error);
      throw error;
    }
    try {
      return await this.#sendAll();
    } catch (error) {
      this.#cancelSource(error);
      throw error;
    } finally {
      this.#transport.unregisterProducer();
    }
  }

  /** Has `send` reject with `reason`. */
  cancel(reason: unknown): void {
    this.#cancelReason = reason;
    this.#stop("cancelled");
  }

  pauseProducing(): void {
    if (this.#state !== "sending") return;
    this.#state = "paused";
    this.#resumed = Promise.withResolvers();
  }

  resumeProducing(): void {
    if (this.#state !== "paused") return;
    this.#state = "sending";
    this.#resumed?.resolve();
  }

  stopProducing(): void {
    this.#stop("stopped");
  }

  async #sendAll(): Promise<number> {
    let sentBytes = 0;
    for (;;) {
      await this.#checkStopped();
      const { done, value } = await this.#reader.read();
      await this.#checkStopped();
      if (done || value === undefined) return sentBytes;
      for (let start = 0; start < value.length; start += MAX_PIECE_BYTES) {
        const piece = value.subarray(start, start + MAX_PIECE_BYTES);
        this.#transport.write(piece);
        sentBytes += piece.length;
        if (this.#resumed !== null) await this.#resumed.promise;
        await this.#checkStopped();
      }
    }
  }

  #stop(state: "stopped" | "cancelled"): void {
    this.#state = state;
    this.#resumed?.resolve();
    // A source that never gives anything more would otherwise be waited for.
    this.#cancelSource(this.#cancelReason);
  }

  #throwIfCancelled(): void {
    if (this.#state === "cancelled") throw this.#cancelReason;
  }

  /** @throws as a rejection, what `send` rejects with, when it was stopped */
  async #checkStopped(): Promise<void> {
    this.#throwIfCancelled();
    if (this.#state !== "stopped") return;
    // That rejects at once with the reason of a connection that has ended; one that is closing
    // would only be waited for.
    await Promise.race([this.#transport.drained(), null]);
    throw new ConnectionClosedError(DONE);
  }

  #cancelSource(reason: unknown): void {
    // What a source has to say to being cancelled changes nothing any more.
    this.#reader.cancel(reason).catch(() => undefined);
  }
}
