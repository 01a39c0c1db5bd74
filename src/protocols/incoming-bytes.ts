import { FrameTooLongError } from "../framing/framing-error.ts";
import { ReceiveBuffer } from "../framing/receive-buffer.ts";
import { type CloseReason, DONE } from "../reactor/close-reason.ts";
import { IncompleteReadError } from "./incomplete-read-error.ts";

/** How much may come before somebody reads it; above, the peer has to wait. */
const MAX_UNREAD_BYTES = 65_536;

/** At or below this the peer may go on: early enough that a reader seldom waits for it. */
const LOW_UNREAD_BYTES = 16_384;

/** In front of the LF that ends a line it is no part of the line. */
export const CARRIAGE_RETURN = 0x0d;

/** What is read up to its end. */
interface PartForm {
  /** What ends it; at least one byte. */
  readonly end: Buffer;
  /** How long it may be, in bytes, without its end. */
  readonly maxLength: number;
  /** Whether a CR in front of the end is part of that, and does not count. */
  readonly isLine: boolean;
}

/** What can be told to wait: a transport, as the producer of what it receives. */
interface Source {
  pauseProducing(): void;
  resumeProducing(): void;
}

/**
 * What came over a connection and nobody has read yet, for one who reads by waiting. The buffer is
 * bounded: when too much waits, the source is paused until most of it was read. A reader who waits
 * for more than that gets it all the same.
 */
export class IncomingBytes {
  /** What can be read; `taken` is to be called after taking from it. */
  readonly buffer = new ReceiveBuffer();
  readonly #source: Source;
  #end: CloseReason | null = null;
  #paused = false;
  #waiter: PromiseWithResolvers<void> | null = null;
  #wanted = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Why nothing more will come; null as long as something may. */
  get end(): CloseReason | null {
    return this.#end;
  }

  received(data: Buffer): void {
    this.buffer.append(data);
    const { length } = this.buffer;
    if (this.#waiter !== null && length >= this.#wanted) this.#wake();
    // Many small chunks that nobody takes away at once would cost more than their bytes.
    if (this.#waiter !== null || this.#wanted === 0) this.buffer.settle();
    if (length > Math.max(MAX_UNREAD_BYTES, this.#wanted)) this.#pause();
  }

  /** Nothing more will come. The first reason counts. */
  ended(reason: CloseReason): void {
    this.#end ??= reason;
    this.#wake();
  }

  /**
   * Waits until there are `count` bytes, or the stream has ended. One may wait at a time.
   *
   * @returns whether there are so many
   * @throws the reason of `signal`, as a rejection, when that is aborted first; nothing is lost
   */
  async wait(count: number, signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted();
    while (this.buffer.length < count && this.#end === null) await this.#more(count, signal);
    return this.buffer.length >= count;
  }

  /**
   * Waits for a part and takes it with its end, which is not returned; but the CR of a line is.
   *
   * @throws as a rejection: `FrameTooLongError`, with nothing taken; `IncompleteReadError`; what
   * `wait` throws; `RangeError` when `maxLength` is not a number of at least 0
   */
  async takeUntil({ end, maxLength, isLine }: PartForm, signal?: AbortSignal): Promise<Buffer> {
    if (!(maxLength >= 0)) {
      throw new RangeError(`Cannot read up to a maxLength of ${maxLength}: at least 0 is needed`);
    }
    const { buffer } = this;
    const mostBytes = isLine ? maxLength + 1 : maxLength;
    for (;;) {
      const part = buffer.takeLine(end, mostBytes);
      if (part !== null && (part.length <= maxLength || part.at(-1) === CARRIAGE_RETURN)) {
        return part;
      }
      if (part !== null) buffer.prepend(Buffer.concat([part, end]));
      const mayEnd = isLine && buffer.length === mostBytes;
      const isTooLong = mayEnd
        ? buffer.byteAt(maxLength) !== CARRIAGE_RETURN
        : buffer.length >= mostBytes + end.length;
      if (isTooLong) {
        throw new FrameTooLongError(isLine ? "Line" : "Part", maxLength + 1, maxLength);
      }
      if (!(await this.wait(buffer.length + 1, signal))) {
        throw this.incomplete(`until ${JSON.stringify(end.toString())}`);
      }
    }
  }

  /** Something was taken from the buffer. */
  taken(): void {
    if (this.buffer.length <= LOW_UNREAD_BYTES) this.#resume();
  }

  /** The error of a read that the end came before. What there is counts as read. */
  incomplete(wanted: string): IncompleteReadError {
    return new IncompleteReadError(wanted, this.buffer.takeAll(), this.#end ?? DONE);
  }

  async #more(count: number, signal: AbortSignal | undefined): Promise<void> {
    const waiter = Promise.withResolvers<void>();
    const abort = () => waiter.reject(signal?.reason);
    this.#waiter = waiter;
    this.#wanted = count;
    this.#resume();
    signal?.addEventListener("abort", abort);
    try {
      await waiter.promise;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#waiter = null;
      this.#wanted = 0;
    }
  }

  #wake(): void {
    this.#waiter?.resolve();
    this.#waiter = null;
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#source.pauseProducing();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resumeProducing();
  }
}
