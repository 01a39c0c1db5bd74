import type { InternetAddress } from "../reactor/address.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";

/**
 * The few verbs a datagram transport needs of a socket. It keeps no datagram and decides nothing;
 * it reports to a `DatagramEvents`.
 */
export interface DatagramDriver {
  readonly host: InternetAddress;
  readonly fileDescriptor: number;

  /** From now on reports to `events`. Called once, in the turn in which the driver was made. */
  attach(events: DatagramEvents): void;
  /**
   * Hands over the `count` datagrams that begin at `first`, in order. Returns how many were taken;
   * fewer means that the next one waits for `writable` or would throw.
   *
   * @throws {Error} with the system's `code` when the first of them cannot be sent
   */
  send(batch: OutgoingDatagrams, first: number, count: number): number;
  /** Binds the socket to one peer. */
  connect(address: InternetAddress): void;
  /**
   * Has what comes in dropped before it is read, as far as the system can.
   *
   * @throws {Error} when the system refuses; then nothing has changed
   */
  startShedding(): void;
  /**
   * The reverse; returns how many datagrams were dropped meanwhile.
   *
   * @throws {Error} when the system refuses; then nothing is received any more
   */
  stopShedding(): number;
  /** Closes the socket; reports nothing more. */
  close(): void;

  setBroadcast(on: boolean): void;
  joinGroup(group: string, interfaceHost: string | undefined): void;
  leaveGroup(group: string, interfaceHost: string | undefined): void;
  setMulticastTTL(hops: number): void;
  setMulticastLoopback(on: boolean): void;
  setMulticastInterface(interfaceHost: string): void;
  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N>;
  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void;
}

/** Datagrams that wait to be sent: the same index in both belongs together. */
export interface OutgoingDatagrams {
  readonly data: readonly Uint8Array[];
  readonly addresses: readonly InternetAddress[];
}

/** What a driver reports. */
export interface DatagramEvents {
  received(data: Buffer, host: string, port: number): void;
  /** The kernel may take more datagrams. May come for no reason. */
  writable(): void;
  /** The system reported an error, such as an ICMP refusal. The socket stays open. */
  failed(error: Error): void;
}
