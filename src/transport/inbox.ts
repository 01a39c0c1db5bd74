/** Who wants reading to stop: the protocol, the transport while answers pile up, or TLS. */
export type ReadHold = "protocol" | "answers" | "handshake";

/** The end of the socket, and what it was, where it was not in order. */
interface SocketEnd {
  readonly error: Error | undefined;
}

/**
 * What has come in and was not delivered yet, in order: bytes, the peer's end of stream, the end of
 * the socket. And who holds reading, because while anybody does nothing of it is delivered.
 *
 * A connection has one from the first time it keeps something. What it keeps is at most one read of
 * the runtime and what the kernel had: a paused socket reports what came before a reset.
 */
export class Inbox {
  readonly #holds = { protocol: false, answers: false, handshake: false };
  #chunks: Buffer[] = [];
  /** How much of the first chunk was taken out. */
  #firstTaken = 0;
  #bytes = 0;
  #hasReadEnd = false;
  #socketEnd: SocketEnd | null = null;

  /** Whether somebody holds reading. */
  get held(): boolean {
    const { protocol, answers, handshake } = this.#holds;
    return protocol || answers || handshake;
  }

  /** How many bytes wait to be delivered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the socket has ended, and the protocol is not to know it yet. */
  get hasSocketEnd(): boolean {
    return this.#socketEnd !== null;
  }

  /** Whether what comes in may pass it by: nobody holds reading, and nothing waits. */
  get isOpen(): boolean {
    return this.#bytes === 0 && !this.held;
  }

  /** Returns whether reading stops because of it. */
  hold(by: ReadHold): boolean {
    const { held } = this;
    this.#holds[by] = true;
    return !held;
  }

  /** Ends one hold. Returns whether reading goes on because of it. */
  release(by: ReadHold): boolean {
    if (!this.#holds[by]) return false;
    this.#holds[by] = false;
    return !this.held;
  }

  /** Keeps bytes behind all that is kept. */
  push(data: Buffer): void {
    this.#chunks.push(data);
    this.#bytes += data.length;
  }

  /** Keeps bytes before all that is kept: another protocol has taken them out and left them. */
  pushFront(data: Buffer): void {
    const [first] = this.#chunks;
    if (first !== undefined && this.#firstTaken > 0) {
      this.#chunks[0] = first.subarray(this.#firstTaken);
      this.#firstTaken = 0;
    }
    this.#chunks.unshift(data);
    this.#bytes += data.length;
  }

  /** Keeps the peer's end of stream. */
  pushReadEnd(): void {
    this.#hasReadEnd = true;
  }

  /** Keeps the end of the socket. */
  pushSocketEnd(end: SocketEnd): void {
    this.#socketEnd = end;
  }

  /** Takes out the next bytes, at most `maxBytes`; null where none may be delivered now. */
  takeBytes(maxBytes: number): Buffer | null {
    const chunk = this.#chunks[0];
    if (chunk === undefined || this.held) return null;
    const start = this.#firstTaken;
    const end = Math.min(start + maxBytes, chunk.length);
    this.#bytes -= end - start;
    if (end < chunk.length) {
      this.#firstTaken = end;
    } else {
      this.#firstTaken = 0;
      this.#chunks.shift();
    }
    return end - start === chunk.length ? chunk : chunk.subarray(start, end);
  }

  /** Takes out the peer's end of stream, where that is next and may be told now. */
  takeReadEnd(): boolean {
    if (!this.#hasReadEnd || this.held || this.#chunks.length > 0) return false;
    this.#hasReadEnd = false;
    return true;
  }

  /** Takes out the end of the socket, where nothing comes before it and it may be told now. */
  takeSocketEnd(): SocketEnd | null {
    if (this.held || this.#chunks.length > 0 || this.#hasReadEnd) return null;
    const end = this.#socketEnd;
    this.#socketEnd = null;
    return end;
  }

  /** Drops what is kept, but for the end of the socket. */
  discard(): void {
    this.#chunks = [];
    this.#firstTaken = 0;
    this.#bytes = 0;
    this.#hasReadEnd = false;
  }
}
