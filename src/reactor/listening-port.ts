import type { Address, InternetAddress } from "./address.ts";
import type { SocketOptionName, SocketOptionValue } from "./socket-option.ts";
import type { DatagramStats } from "./datagram-transport.ts";
import type { TLSServerOptions } from "./tls.ts";
import type { StreamTransport } from "./stream-transport.ts";

/** What a listening port has done so far, in connections. */
export interface PortStats {
  readonly accepted: number;
  /**
   * Closed at once: because of `maxConnections` or the process's limit of descriptors, or because
   * the factory did not admit them.
   */
  readonly refused: number;
  /** Closed because their TLS handshake failed or took too long. */
  readonly failedHandshakes: number;
}

/**
 * Something that accepts connections. `await using` stops it.
 *
 * @typeParam A the kind of address it listens at
 */
export interface ListeningPort<A extends Address = Address> extends AsyncDisposable {
  /** Where it listens; with the real port when port 0 was asked for. */
  readonly host: A;
  /** The connections it has accepted that have not ended. */
  readonly connections: ReadonlySet<StreamTransport>;
  readonly stats: PortStats;

  /**
   * Listens again after `stopListening`, at the same address.
   *
   * @throws {CannotListenError} as a rejection, when somebody else has taken it
   */
  startListening(): Promise<void>;
  /**
   * Accepts no more. Connections it has accepted live on, and TLS handshakes under way still get
   * their protocols. Twice is fine. Calls of this, of `startListening` and `drain` take effect in
   * their order, awaited or not.
   */
  stopListening(): Promise<void>;
  /**
   * Accepts no more, ends what has no protocol yet, such as a TLS handshake, calls `draining()` on
   * every protocol, and waits until these connections have ended; those left after `timeoutMs`, or
   * when `signal` aborts, are aborted.
   *
   * @param options.timeoutMs 30000 by default
   */
  drain(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<void>;

  /**
   * Has connections that come from now on secured by another key and certificate; open ones go on.
   *
   * @throws {Error} when the port has no TLS
   * @throws {TLSError} when they cannot be used; then nothing changes
   */
  reloadTLS(options: TLSServerOptions): void;

  /** Options of the listening socket; accepted connections inherit most of them. */
  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N>;
  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void;
  /** The descriptor, -1 where there is none. */
  readonly fileDescriptor: number;
}

/** An open UDP port. `await using` stops it. */
export interface DatagramPort extends AsyncDisposable {
  /** Where it receives; the first of `hosts`. */
  readonly host: InternetAddress;
  /** All of its addresses: one, or one each local address with `perAddress`. */
  readonly hosts: readonly InternetAddress[];
  /** Over all of its addresses. */
  readonly stats: DatagramStats;
  /** Closes it: what was written leaves first, then `stopProtocol` is called. Twice is fine. */
  stopListening(): Promise<void>;
}
