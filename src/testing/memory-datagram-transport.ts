import { InternetAddress } from "../reactor/address.ts";
import type {
  DatagramDestination,
  DatagramStats,
  DatagramTransport,
} from "../reactor/datagram-transport.ts";
import { InvalidAddressError } from "../reactor/invalid-address-error.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import { connectedPeer, destinationFrom } from "../transport/datagram-destination.ts";
import { checkedDatagram } from "../transport/checked-datagram.ts";
import { MemorySocketOptions } from "./memory-socket-options.ts";

/**
 * A UDP port without a network: it records what its protocol sends, and does nothing by itself. The
 * test plays the peers and calls the protocol:
 *
 * ```ts
 * const transport = new MemoryDatagramTransport();
 * const echo = new EchoDatagrams();
 * echo.makeConnection(transport);
 * echo.datagramReceived(Buffer.from("hi"), new InternetAddress("udp", "10.0.0.2", 7));
 * expect(transport.sent[0]?.[0].toString()).toBe("hi");
 * ```
 */
export class MemoryDatagramTransport implements DatagramTransport {
  readonly #host: InternetAddress;
  readonly #options = new MemorySocketOptions("datagram");
  readonly #groups = new Set<string>();
  #sent: [data: Buffer, address: InternetAddress][] = [];
  #peer: InternetAddress | null = null;
  #sentCount = 0;
  #sentBytes = 0;

  /** @param host our own address; 10.0.0.1, port 12345, unless told */
  constructor(host = new InternetAddress("udp", "10.0.0.1", 12_345)) {
    this.#host = host;
  }

  // What a test looks at.

  /** The datagrams sent since the start or the last `clear`, each with where it went. */
  get sent(): readonly (readonly [data: Buffer, address: InternetAddress])[] {
    return this.#sent;
  }

  /** Forgets what was sent. */
  clear(): void {
    this.#sent = [];
  }

  /** Where `connect` went; null before. */
  get connectedTo(): InternetAddress | null {
    return this.#peer;
  }

  /** The multicast groups that were joined and not left. */
  get groups(): ReadonlySet<string> {
    return this.#groups;
  }

  // What a protocol uses.

  write(data: Uint8Array | string, address?: DatagramDestination): boolean {
    return this.writeMany([data], address);
  }

  writeMany(batch: readonly (Uint8Array | string)[], address?: DatagramDestination): boolean {
    const to = this.#destination(address);
    // All are checked before the first is sent, as a real port does.
    const datagrams = batch.map((data) => checkedDatagram(data));
    for (const bytes of datagrams) {
      this.#sent.push([Buffer.from(bytes), to]);
      this.#sentCount++;
      this.#sentBytes += bytes.length;
    }
    return true;
  }

  connect(address: DatagramDestination): void {
    if (this.#peer !== null) {
      throw new Error(`Cannot connect to ${address.host}: connected to ${this.#peer}`);
    }
    this.#peer = connectedPeer(destinationFrom(this.#host, address));
  }

  getHost(): InternetAddress {
    return this.#host;
  }

  setBroadcast(on: boolean): void {
    this.#options.set("SO_BROADCAST", on);
  }

  joinGroup(group: string, _interfaceHost?: string): void {
    this.#groups.add(group);
  }

  leaveGroup(group: string, _interfaceHost?: string): void {
    this.#groups.delete(group);
  }

  setMulticastTTL(_hops: number): void {}

  setMulticastLoopback(_on: boolean): void {}

  setMulticastInterface(_interfaceHost: string): void {}

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.#options.get(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.#options.set(name, value);
  }

  /** Always -1. */
  get fileDescriptor(): number {
    return -1;
  }

  get stats(): DatagramStats {
    const [sent, bytesSent] = [this.#sentCount, this.#sentBytes];
    const nothing = { received: 0, bytesReceived: 0, dropped: 0, failed: 0, foreign: 0, shed: 0 };
    return { ...nothing, sent, bytesSent, sends: sent };
  }

  #destination(address: DatagramDestination | undefined): InternetAddress {
    if (this.#peer !== null) {
      if (address === undefined) return this.#peer;
      throw new InvalidAddressError(`Cannot send to ${address.host}: connected to ${this.#peer}`);
    }
    if (address === undefined) {
      throw new InvalidAddressError("Cannot send a datagram: no address, and not connected");
    }
    return destinationFrom(this.#host, address);
  }
}
