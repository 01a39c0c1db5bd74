import type { CloseReason } from "./close-reason.ts";
import type { TLSInfo } from "./tls.ts";
import type { ConnectionCallbacks, StreamTransport } from "./stream-transport.ts";

/**
 * One side of one connection. Subclass it, override what you need, and write to `this.transport`.
 *
 * The reactor calls `connectionMade` first, then `dataReceived` as bytes come, and `connectionLost`
 * exactly once and last; `connectionLost` never inside a call of yours to the transport. A method
 * that throws, or returns a promise that rejects, ends this connection alone, with that error as
 * the cause; promises are not waited for, so the data path stays synchronous.
 *
 * @typeParam T the kind of transport it needs, when more than a `StreamTransport`
 */
export abstract class Protocol<
  T extends StreamTransport = StreamTransport,
> implements ConnectionCallbacks {
  /** Set before `connectionMade`; stays after `connectionLost`, when its writes do nothing. */
  declare protected transport: T;

  /** Gives the protocol its transport and starts it. Called once by whoever made the connection. */
  makeConnection(transport: T): void {
    this.transport = transport;
    return this.connectionMade();
  }

  /** The connection is there. Called once, before anything else; writing is allowed already. */
  connectionMade(): void {}

  /**
   * Bytes came in. Called in wire order with whatever chunks the network made: never empty, up to
   * 64 KiB, and never a message as the peer wrote it; let a receiver cut messages out. The chunk
   * is yours to keep. Not called after `loseConnection`.
   */
  dataReceived(_data: Buffer): void {}

  /** The connection has ended. Called once and last; nothing can be sent any more. */
  connectionLost(_reason: CloseReason): void {}

  /**
   * The peer has finished sending; we may go on. A protocol that has this method is half-close
   * aware and must itself end its side, with `loseWriteConnection` or `loseConnection`. Without it
   * what was written is flushed and the connection closes.
   */
  readConnectionLost?(): void;

  /** Our own end of stream has left, after `loseWriteConnection`. Called once. */
  writeConnectionLost?(): void;

  /**
   * More than the high-water mark is waiting to be sent: stop producing until `resumeWriting`. A
   * protocol without this method that answers what it receives is protected all the same: when its
   * answers pile up, reading stops until they have left.
   */
  pauseWriting?(): void;

  /** What waits to be sent is below the low-water mark again. */
  resumeWriting?(): void;

  /**
   * `startTLS` was called; this comes inside of that call. Whatever has come in clear and was not
   * looked at may have been put there by anybody and must not count as said inside of TLS: whoever
   * keeps such bytes drops them now, or throws, which ends the connection, as all receivers do.
   */
  tlsStarted?(): void;

  /**
   * The TLS handshake is complete: of a connection that is secured from its first byte right after
   * `connectionMade`, otherwise after `startTLS`. Called before any data that came inside of TLS.
   */
  handshakeCompleted?(info: TLSInfo): void;

  /** The port is being drained: finish what you do and close. Called at most once. */
  draining?(): void;
}
