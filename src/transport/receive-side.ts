import type { ProtocolLink } from "./protocol-link.ts";
import type { SendSide } from "./send-side.ts";
import type { StreamDriver } from "./stream-driver.ts";
import type { Turn } from "./turn.ts";

/** Who wants reading to stop: the protocol, or the transport while answers pile up. */
type ReadHold = "protocol" | "answers";

/**
 * How much a protocol is given at once, of the 512 KiB that Bun may read. Answers hold up reading
 * only between two pieces: so even those of 250 times the length of their requests stay within the
 * hard limit of what may wait to be sent.
 */
export const MAX_DELIVERED_BYTES = 65_536;

/**
 * The receiving half of a connection: who holds reading, and what arrives all the same. A paused
 * socket may still deliver the bytes that came before a reset, and the reset itself; both are kept
 * until reading goes on. That is at most what one socket buffer holds.
 */
export class ReceiveSide {
  readonly #driver: StreamDriver;
  readonly #turn: Turn;
  readonly #link: ProtocolLink;
  readonly #sending: SendSide;
  #heldByProtocol = false;
  #heldByAnswers = false;
  #heldForTLS = false;
  #discarding = false;
  #keptData: Buffer[] | null = null;
  #keptReadEnd = false;
  #keptEnd: { readonly error: Error | undefined } | null = null;
  bytesReceived = 0;

  constructor(driver: StreamDriver, turn: Turn, link: ProtocolLink, sending: SendSide) {
    this.#driver = driver;
    this.#turn = turn;
    this.#link = link;
    this.#sending = sending;
  }

  get held(): boolean {
    return this.#heldByProtocol || this.#heldByAnswers || this.#heldForTLS;
  }

  /** Whether the socket has ended, and the protocol does not want to hear of it yet. */
  get endIsKept(): boolean {
    return this.#keptEnd !== null;
  }

  /** How many bytes arrived though reading was held. */
  get keptBytes(): number {
    return this.#keptData?.reduce((sum, chunk) => sum + chunk.length, 0) ?? 0;
  }

  hold(by: ReadHold): void {
    // Who reads on because it may write, and pauses again because that is refused, would never hear
    // of the end: no write will ever be taken.
    if (this.#discarding || this.#sending.writers.releasing) return;
    if (!this.held) this.#driver.pause();
    this.#set(by, true);
  }

  /** Ends one hold; returns true when reading goes on because of it. */
  release(by: ReadHold): boolean {
    if (!this.held) return false;
    this.#set(by, false);
    if (this.held) return false;
    this.#driver.resume();
    return true;
  }

  /** Whether what comes in is for a TLS handshake. */
  get isForTLS(): boolean {
    return this.#heldForTLS;
  }

  /** What comes in from now on is not for the protocol but for a TLS handshake. */
  holdForTLS(): void {
    if (!this.held) this.#driver.pause();
    this.#heldForTLS = true;
  }

  /** The handshake reads by itself, also while the protocol wants nothing. */
  letHandshakeRead(): void {
    this.#driver.resume();
  }

  /** The handshake is over: what comes in is for the protocol again. */
  releaseForTLS(): void {
    this.#heldForTLS = false;
    if (this.held) this.#driver.pause();
  }

  /** From now on what comes in is read and thrown away, so that the peer's end can be seen. */
  discard(): void {
    this.release("answers");
    this.release("protocol");
    this.halt();
  }

  /** The socket is gone: nothing is delivered any more. */
  halt(): void {
    this.#discarding = true;
    this.#keptData = null;
  }

  received(data: Buffer): void {
    this.bytesReceived += data.length;
    this.deliver(data);
  }

  /** Gives data to the protocol, now or once reading goes on. */
  deliver(data: Buffer): void {
    if (data.length <= MAX_DELIVERED_BYTES) return this.#deliverPiece(data);
    this.#turn.enter();
    for (let start = 0; start < data.length; start += MAX_DELIVERED_BYTES) {
      this.#deliverPiece(data.subarray(start, start + MAX_DELIVERED_BYTES));
    }
    this.#turn.leave();
  }

  /**
   * Keeps the peer's end of stream for later, where reading is held. Returns whether it did. Only
   * TLS sees that end then, together with what came before it.
   */
  keepReadEnd(): boolean {
    if (!this.held || this.#heldForTLS) return false;
    this.#keptReadEnd = true;
    return true;
  }

  /** Returns whether the peer's end of stream was kept, and is to be told now. */
  takeReadEnd(): boolean {
    if (!this.#keptReadEnd || this.held) return false;
    this.#keptReadEnd = false;
    return true;
  }

  /** Keeps the end of the socket for later, where reading is held. Returns whether it did. */
  keepEnd(error: Error | undefined): boolean {
    if (!this.held) return false;
    this.#keptEnd = { error };
    return true;
  }

  /** Gives on what was kept, as far as nobody holds reading again. Returns the end, if it came. */
  deliverKept(): { readonly error: Error | undefined } | null {
    const data = this.#keptData;
    if (data !== null && !this.held) {
      this.#keptData = null;
      for (const chunk of data) this.deliver(chunk);
    }
    if (this.#keptEnd === null || this.held) return null;
    const end = this.#keptEnd;
    this.#keptEnd = null;
    return end;
  }

  #deliverPiece(data: Buffer): void {
    if (this.#discarding) return;
    if (this.held) return this.#keep(data);
    const writtenBefore = this.#sending.bytesWritten;
    this.#turn.enter();
    this.#link.dataReceived(data);
    this.#turn.leave();
    const { writers, bytesWritten } = this.#sending;
    if (writers.paused && bytesWritten !== writtenBefore) this.#holdAnswers();
  }

  /**
   * The protocol answers faster than the peer reads. Unless it minds the water marks itself, its
   * peer must read answers before it may ask for more; nothing is lost and memory stays bounded.
   */
  #holdAnswers(): void {
    if (!this.#link.has("pauseWriting")) this.hold("answers");
  }

  #keep(data: Buffer): void {
    if (this.#keptData === null) this.#keptData = [data];
    else this.#keptData.push(data);
  }

  #set(by: ReadHold, value: boolean): void {
    if (by === "protocol") this.#heldByProtocol = value;
    else this.#heldByAnswers = value;
  }
}
