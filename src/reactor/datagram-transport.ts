import type { InternetAddress } from "./address.ts";
import type { SocketOptionName, SocketOptionValue } from "./socket-option.ts";

/** Where a datagram goes; an `InternetAddress` is one. The host is an IP address, never a name. */
export interface DatagramDestination {
  readonly host: string;
  readonly port: number;
}

/** What a UDP port has done so far, in datagrams unless it says bytes. */
export interface DatagramStats {
  readonly received: number;
  readonly bytesReceived: number;
  readonly sent: number;
  readonly bytesSent: number;
  /** Send system calls made. */
  readonly sends: number;
  /** Not sent, because the kernel's buffer or our queue was full. */
  readonly dropped: number;
  /** Not sent, because the system refused them (unreachable, not permitted). */
  readonly failed: number;
  /** Received from another address than the one it is connected to, and thrown away unseen. */
  readonly foreign: number;
  /** Received above the budget of a turn and what is kept for the next; thrown away unseen. */
  readonly shed: number;
}

/** A UDP port as its protocol sees it. Made by a reactor. */
export interface DatagramTransport {
  /**
   * Sends one datagram; what is written during one turn leaves together, and so do the answers to
   * datagrams that came in together. Never throws because of the network: what the kernel does not
   * take is dropped and counted, or queued if the port was opened so. The bytes belong to the
   * transport until they are sent, perhaps after the turn: do not change them.
   *
   * @param data at most 65507 bytes, perhaps empty; a string is sent as UTF-8
   * @param address needed unless `connect` was called, when it must be left out
   * @returns false while the kernel's buffer is full; `resumeWriting` tells when it is not
   * @throws {MessageLengthError} when `data` is too long
   * @throws {InvalidAddressError} for a name, another family, a bad port, or none where needed
   */
  write(data: Uint8Array | string, address?: DatagramDestination): boolean;
  /** Sends many datagrams to one place in as few system calls as there can be; else as `write`. */
  writeMany(batch: readonly (Uint8Array | string)[], address?: DatagramDestination): boolean;

  /**
   * From now on sends to and receives from this address alone, and hears of its refusals.
   *
   * @throws {InvalidAddressError} for a name or another family
   * @throws {Error} when it is connected already
   */
  connect(address: DatagramDestination): void;

  /** Our own address. */
  getHost(): InternetAddress;

  /** Allows broadcast addresses. */
  setBroadcast(on: boolean): void;
  /** Receives what is sent to `group`, on the interface with the address `interfaceHost`. */
  joinGroup(group: string, interfaceHost?: string): void;
  leaveGroup(group: string, interfaceHost?: string): void;
  /** How many routers multicast datagrams may pass, 1 to 255. */
  setMulticastTTL(hops: number): void;
  /** Whether this host gets its own multicast datagrams. */
  setMulticastLoopback(on: boolean): void;
  /** The interface that multicast datagrams leave from, by its address. */
  setMulticastInterface(interfaceHost: string): void;

  /** @throws {SocketOptionError} when the system refuses, has no such option or no libc is there */
  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N>;
  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void;

  /** The descriptor, -1 where there is none. */
  readonly fileDescriptor: number;
  readonly stats: DatagramStats;
}
