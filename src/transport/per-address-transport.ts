import type { InternetAddress } from "../reactor/address.ts";
import { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type {
  DatagramDestination,
  DatagramStats,
  DatagramTransport,
} from "../reactor/datagram-transport.ts";
import { InvalidAddressError } from "../reactor/invalid-address-error.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import { unmappedDestination } from "./datagram-destination.ts";
import type { DatagramPortTransport, DatagramTransportOwner } from "./datagram-port-transport.ts";
import { DatagramProtocolLink } from "./datagram-protocol-link.ts";
import type { TransportContext } from "./transport-context.ts";

/**
 * One transport over a socket for each local address. An answer to an address that was received
 * from leaves by the socket it came in on, at once or later: the address object knows the way. To
 * any other address the first socket of its family is used, loopback only for loopback.
 */
export class PerAddressTransport implements DatagramTransport {
  readonly #sockets: readonly DatagramPortTransport[];
  readonly #link: DatagramProtocolLink;
  readonly #ways = new WeakMap<DatagramDestination, DatagramPortTransport>();

  /** @param sockets at least one, when it is started */
  constructor(
    sockets: readonly DatagramPortTransport[],
    protocol: DatagramProtocol,
    context: TransportContext,
  ) {
    this.#sockets = sockets;
    this.#link = new DatagramProtocolLink(protocol, context, this);
  }

  /** From now on tells `owner` when one of its sockets fails. Called once by the port. */
  attach(owner: DatagramTransportOwner): void {
    for (const socket of this.#sockets) socket.attach(owner);
  }

  /** Begins: the protocol gets `startProtocol`. Called once by the port. */
  start(): void {
    for (const socket of this.#sockets) socket.start();
    this.#link.startProtocol(this);
  }

  /** The addresses of its sockets. */
  get hosts(): readonly InternetAddress[] {
    return this.#sockets.map((socket) => socket.getHost());
  }

  /** Remembers that `address` was heard of on `socket`. Called before the protocol is. */
  cameFrom(address: InternetAddress, socket: DatagramPortTransport): void {
    this.#ways.set(address, socket);
  }

  write(data: Uint8Array | string, address?: DatagramDestination): boolean {
    return this.#wayTo(address).write(data, address);
  }

  writeMany(batch: readonly (Uint8Array | string)[], address?: DatagramDestination): boolean {
    return this.#wayTo(address).writeMany(batch, address);
  }

  connect(address: DatagramDestination): void {
    throw refused(`Cannot connect to ${address.host}`);
  }

  getHost(): InternetAddress {
    return this.#first.getHost();
  }

  /** The first of its addresses. */
  get host(): InternetAddress {
    return this.getHost();
  }

  get stats(): DatagramStats {
    const all = this.#sockets.map((socket) => socket.stats);
    const sum = (of: keyof DatagramStats) => all.reduce((total, stats) => total + stats[of], 0);
    return {
      received: sum("received"),
      bytesReceived: sum("bytesReceived"),
      sent: sum("sent"),
      bytesSent: sum("bytesSent"),
      sends: sum("sends"),
      dropped: sum("dropped"),
      failed: sum("failed"),
      foreign: sum("foreign"),
      shed: sum("shed"),
    };
  }

  setBroadcast(on: boolean): void {
    for (const socket of this.#sockets) socket.setBroadcast(on);
  }

  joinGroup(group: string): void {
    throw refused(`Cannot join ${group}`);
  }

  leaveGroup(group: string): void {
    throw refused(`Cannot leave ${group}`);
  }

  setMulticastTTL(hops: number): void {
    for (const socket of this.#sockets) socket.setMulticastTTL(hops);
  }

  setMulticastLoopback(on: boolean): void {
    for (const socket of this.#sockets) socket.setMulticastLoopback(on);
  }

  setMulticastInterface(interfaceHost: string): void {
    for (const socket of this.#sockets) socket.setMulticastInterface(interfaceHost);
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.#first.getSocketOption(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    for (const socket of this.#sockets) socket.setSocketOption(name, value);
  }

  /** It has several; -1 says that there is not one to name. */
  get fileDescriptor(): number {
    return -1;
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  get #first(): DatagramPortTransport {
    const [first] = this.#sockets;
    if (first === undefined) throw new Error("A UDP port has no socket");
    return first;
  }

  #wayTo(address: DatagramDestination | undefined): DatagramPortTransport {
    if (address === undefined) return this.#first;
    const known = this.#ways.get(address);
    if (known !== undefined) return known;
    const to = unmappedDestination(address);
    const sameFamily = this.#sockets.filter((socket) => socket.getHost().family === to.family);
    const fitting = sameFamily.find((s) => isLoopback(s.getHost()) === isLoopback(to));
    return fitting ?? sameFamily[0] ?? this.#first;
  }
}

/** Passes what one socket receives on to the protocol that all of them serve. */
export class AddressListener extends DatagramProtocol {
  readonly #inner: DatagramProtocol;
  readonly #whole: PerAddressTransport;

  /** @param whole the transport over all sockets */
  constructor(inner: DatagramProtocol, whole: PerAddressTransport) {
    super();
    this.#inner = inner;
    this.#whole = whole;
    // What is logged names the protocol's class.
    Object.defineProperty(this, "constructor", { value: inner.constructor });
  }

  override datagramReceived(data: Buffer, address: InternetAddress): void {
    this.#whole.cameFrom(address, this.transport as DatagramPortTransport);
    return this.#inner.datagramReceived(data, address);
  }

  override errorReceived(error: Error): void {
    return this.#inner.errorReceived?.(error);
  }

  override resumeWriting(): void {
    return this.#inner.resumeWriting?.();
  }
}

function isLoopback(address: InternetAddress): boolean {
  return address.host === "::1" || address.host.startsWith("127.");
}

function refused(action: string): InvalidAddressError {
  return new InvalidAddressError(`${action}: the port has a socket for each local address`);
}
