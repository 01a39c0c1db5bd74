import type { Address } from "../reactor/address.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { TLSInfo } from "../reactor/tls.ts";
import type { PreparedTLS } from "./tls-maker.ts";

/**
 * The few verbs a stream transport needs of a socket. Bun's sockets, the in-memory pair and the
 * simulated network each have one. A driver keeps no data, decides nothing, and reports to a
 * `StreamEvents`; what makes a transport right is written once, above it.
 */
export interface StreamDriver {
  /** An object of this connection alone, by which a factory may know it. */
  readonly peer: Address;
  readonly host: Address;
  readonly fileDescriptor: number;
  /** How much of what was taken the peer has not acknowledged; null where nobody can say. */
  readonly unacknowledgedBytes: number | null;

  /** From now on reports to `events`. Called once, in the turn in which the driver was made. */
  attach(events: StreamEvents): void;
  /** Closes both directions at once, for a socket that nobody wants. */
  close(): void;

  /** Hands over bytes; returns how many were taken, 0 when none now, -1 when never again. */
  write(data: Uint8Array, offset: number, length: number): number;
  /** Sends the end of stream, after what was taken; goes on receiving. */
  shutdown(): void;
  /** Ends the connection at once with a reset. */
  terminate(): void;
  /** Reports neither bytes nor the peer's end of stream until `resume`. */
  pause(): void;
  resume(): void;

  /**
   * Begins a TLS handshake; `handshakeCompleted`, or `failed` and `closed`, follow. From now on the
   * bytes are those inside of TLS, and none are taken before the handshake is complete.
   */
  startTLS(tls: PreparedTLS): void;

  setNoDelay(on: boolean): void;
  setKeepAlive(on: boolean, delayMs: number): void;
  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N>;
  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void;
}

/** What a driver reports. Any of it may come inside a call of one of the driver's verbs. */
export interface StreamEvents {
  /** Bytes came in; perhaps while paused, right before a reset is reported. */
  received(data: Buffer): void;
  /** After `write` took less than it was given: it may take more now. May come for no reason. */
  writable(): void;
  /** The TLS handshake has succeeded, and the peer is who it should be. */
  handshakeCompleted(info: TLSInfo): void;
  /** The peer has finished sending. Not reported after our own `shutdown`: then `closed` comes. */
  readEnded(): void;
  /** Something broke the connection, such as a TLS record that does not fit; `closed` follows. */
  failed(error: Error): void;
  /** The socket is gone, once and last; with an error unless both sides had finished. */
  closed(error?: Error): void;
}
