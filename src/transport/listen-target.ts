import type { Address } from "../reactor/address.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { StreamDriver } from "./stream-driver.ts";

/** Where a port listens: the part of listening that depends on the kind of socket. */
export interface ListenTarget<A extends Address> {
  /** For messages, such as `tcp 127.0.0.1:7`. */
  readonly description: string;
  /**
   * Opens a listener that hands connections to `acceptor`. Opened again, after it was closed, it is
   * at the same address. Throws or rejects with what the system said, and leaves nothing open then.
   */
  open(acceptor: ConnectionAcceptor): Promise<OpenListener<A>>;
  /** Nothing comes of it: closes the descriptor that was to be adopted, where there is one. */
  discard?(): void;
}

/** Whoever takes the connections of a listener. */
export interface ConnectionAcceptor {
  /** A connection has come in. */
  accepted(driver: StreamDriver): void;
  /** A connection had to be turned away for want of something that the process runs out of. */
  turnedAway(): void;
}

/** A socket that listens. */
export interface OpenListener<A extends Address> {
  readonly host: A;
  readonly fileDescriptor: number;
  /** Stops listening, and leaves nothing behind. */
  close(): void;
  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N>;
  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void;
}
