import type { Address } from "./address.ts";
import type { CloseReason } from "./close-reason.ts";
import type { Producer, PullProducer } from "./producer.ts";
import type { SocketOptionName, SocketOptionValue } from "./socket-option.ts";
import type { StartTLSOptions, TLSInfo } from "./tls.ts";

/**
 * How what a protocol writes gets to the kernel.
 *
 * - `"buffered"`: what is written during one reactor callback leaves in one send at its end.
 * - `"immediate"`: every write tries the kernel at once.
 */
export type WriteMode = "buffered" | "immediate";

/** How much may wait to be sent before somebody is told, in bytes. */
export interface WriteLimits {
  /** Above this, producers are paused and `write` returns false. */
  readonly high: number;
  /** At or below this they are resumed. */
  readonly low: number;
  /**
   * Above this the connection is lost, unless it is one write that found less than `high` waiting:
   * that is taken whatever its size.
   */
  readonly max: number;
}

/** What a connection has done so far. */
export interface StreamStats {
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Send system calls made, and how many of them took less than they were given. */
  readonly sends: number;
  readonly shortSends: number;
}

/** The settings of one connection; ports and connects take them and hand them to each. */
export interface StreamOptions {
  /** `"buffered"` unless told. */
  readonly writeMode?: WriteMode;
  /** How long `loseConnection` waits for the peer, in milliseconds; 5000 unless told. */
  readonly closeTimeoutMs?: number;
  /** What is left out is 64 KiB (`high`), 16 KiB (`low`) and 16 MiB (`max`). */
  readonly writeLimits?: Partial<WriteLimits>;
}

/**
 * One connection as its protocol sees it. Made by a reactor. Every method may be called after the
 * connection has ended and then does nothing, unless it says otherwise.
 */
export interface StreamTransport {
  /**
   * Sends bytes, in order, after all that was written before; a string is sent as UTF-8. The chunk
   * belongs to the transport until it has left: do not change it. After `loseConnection` (unless a
   * producer is registered), `loseWriteConnection` or the end of the connection it is dropped.
   *
   * @returns false when it was dropped or more than the high-water mark waits: stop, until
   * `drained()` or `resumeWriting`
   * @throws {TypeError} when `data` is neither, or a string with a lone surrogate
   */
  write(data: Uint8Array | string): boolean;
  /**
   * Writes several chunks as one.
   *
   * @throws {TypeError} when one of them cannot be written; then none is
   */
  writeSequence(chunks: Iterable<Uint8Array | string>): boolean;

  /**
   * Closes in order: flushes, waits for a registered producer to unregister, sends the end of
   * stream, and discards what the peer still sends until it closes too. No data is delivered any
   * more. It ends as aborted when the peer acknowledges nothing for `timeoutMs`: with a reset, or
   * without one when only the peer's own end of stream is missing.
   *
   * @throws {RangeError} when `timeoutMs` is negative or not a finite number
   */
  loseConnection(options?: { readonly timeoutMs?: number }): void;
  /**
   * Ends the connection at once: what waits is dropped, the peer gets a reset.
   *
   * @param cause ends it as if a callback had thrown it: logged, and the cause of a lost connection
   */
  abortConnection(cause?: Error): void;
  /** Flushes and sends the end of stream, and goes on receiving. */
  loseWriteConnection(): void;

  /**
   * Whether the connection is ending or has ended: nothing is delivered any more. Who cuts several
   * messages out of one chunk asks it between two of them.
   */
  readonly disconnecting: boolean;

  /** Stops `dataReceived`, and `connectionLost` too, until `resumeProducing`. */
  pauseProducing(): void;
  resumeProducing(): void;
  /** Same as `loseConnection`: a transport is itself a producer of what it receives. */
  stopProducing(): void;

  /**
   * Lets `producer` fill this transport as fast as it empties: a streaming one is paused above the
   * high-water mark and resumed below the low one, a pull one is asked once each time nothing
   * waits. On a connection that has ended it is stopped at once.
   *
   * @throws {Error} when one is registered already
   */
  registerProducer(producer: Producer, streaming: true): void;
  registerProducer(producer: PullProducer, streaming: false): void;
  unregisterProducer(): void;

  /** Where the peer is; known after the end too. */
  getPeer(): Address;
  /** Our own end; known after the end too. */
  getHost(): Address;

  /** Bytes written that the kernel has not taken yet. */
  readonly bufferedAmount: number;
  /** @throws {RangeError} unless 0 <= low <= high <= max */
  setWriteLimits(limits: Partial<WriteLimits>): void;
  /**
   * Resolves when writing may go on: at once unless more than the high-water mark waits, and never
   * where what is written is dropped. Rejects with `ConnectionClosedError` when the connection ends
   * first, or has ended.
   */
  drained(): Promise<void>;

  /** Sends small writes at once (true, the default) or lets the kernel gather them. */
  setNoDelay(on: boolean): void;
  /**
   * Has the kernel probe a silent peer after `delayMs`, rounded up to whole seconds. 0, which is
   * the default, leaves the system's own time: 2 hours on Linux.
   *
   * @throws {RangeError} when `delayMs` is negative or above 32767000
   */
  setKeepAlive(on: boolean, delayMs?: number): void;
  /** @throws {SocketOptionError} when the system refuses, has no such option or no libc is there */
  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N>;
  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void;

  /** The descriptor, -1 where there is none. */
  readonly fileDescriptor: number;
  readonly stats: StreamStats;

  /**
   * Secures the connection from here on. What was written before leaves in clear, what is written
   * after leaves inside of TLS, once the handshake is complete; the protocol, its producer and its
   * limits stay. Bytes that came in clear and were not delivered yet end the connection.
   *
   * Resolves when the handshake is complete, right before `handshakeCompleted`. Rejects with a
   * `TLSError` when the peer or the network ends it, which is then also the cause in
   * `connectionLost`, or with a `ConnectionClosedError` when this side ends the connection.
   *
   * @throws {TypeError} as a rejection, for a server without key or certificate
   * @throws {Error} as a rejection, when the connection is secured already or closing
   */
  startTLS(options: StartTLSOptions): Promise<void>;
  /** What the TLS handshake agreed on; null before it, and without TLS. */
  readonly tlsInfo: TLSInfo | null;

  /**
   * Hands the connection to another protocol, which gets `connectionMade` inside of this call. The
   * old one is told nothing any more. `leftover`, which the old one took and did not use, is
   * delivered before all else that has come, as soon as the callback that runs now has returned.
   */
  switchProtocol(next: ConnectionCallbacks, leftover?: Buffer): void;
}

/** What a connection calls; `Protocol` implements it and says what each of them means. */
export interface ConnectionCallbacks {
  /** Whom this stands in front of, so that messages can name that; nobody, where it is left out. */
  readonly innermost?: ConnectionCallbacks;
  makeConnection(transport: StreamTransport): void;
  dataReceived(data: Buffer): void;
  connectionLost(reason: CloseReason): void;
  readConnectionLost?(): void;
  writeConnectionLost?(): void;
  pauseWriting?(): void;
  resumeWriting?(): void;
  draining?(): void;
  tlsStarted?(): void;
  handshakeCompleted?(info: TLSInfo): void;
}
