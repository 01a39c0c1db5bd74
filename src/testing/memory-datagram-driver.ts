import { InternetAddress } from "../reactor/address.ts";
import type { ListenUDPOptions } from "../reactor/reactor.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type {
  DatagramDriver,
  DatagramEvents,
  OutgoingDatagrams,
} from "../transport/datagram-driver.ts";
import { systemError } from "./memory-addresses.ts";
import type { EventSource } from "./memory-loop.ts";
import type { MemoryNetwork, MemoryReceiver, MemorySender } from "./memory-network.ts";
import { MemorySocketOptions } from "./memory-socket-options.ts";

/** Linux' default, and what it charges for a datagram besides its bytes: 256 small ones fit. */
const RECEIVE_BUFFER_BYTES = 212_992;
const DATAGRAM_OVERHEAD_BYTES = 768;

type Arrival =
  | { readonly kind: "datagram"; readonly data: Buffer; readonly from: InternetAddress }
  | { readonly kind: "error"; readonly error: Error };

/**
 * A UDP socket in memory. It takes whatever is sent; what the receiver's buffer has no room for is
 * lost without a word, as on a real network.
 */
export class MemoryDatagramDriver
  implements DatagramDriver, MemoryReceiver, MemorySender, EventSource
{
  readonly host: InternetAddress;
  readonly fileDescriptor = -1;
  readonly #network: MemoryNetwork;
  readonly #receiveBufferBytes: number;
  readonly #options = new MemorySocketOptions("datagram");
  readonly #groups = new Set<string>();
  readonly #arrivals: Arrival[] = [];
  #arrivedBytes = 0;
  #events: DatagramEvents | null = null;
  #peer: InternetAddress | null = null;
  #state: "open" | "shedding" | "closed" = "open";
  #shed = 0;
  #scheduled = false;
  #loopsMulticast = true;

  /** @throws {Error} with the system's code when the address cannot be taken */
  constructor(network: MemoryNetwork, address: InternetAddress, options: ListenUDPOptions = {}) {
    if (options.fd !== undefined) throw systemError("EBADF", "there are no descriptors in memory");
    this.#network = network;
    this.#receiveBufferBytes = options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES;
    this.host = network.udp.bind(address.host, address.port, this, options);
  }

  /** From now on reports to `events`. */
  attach(events: DatagramEvents): void {
    this.#events = events;
    this.#schedule();
  }

  send(batch: OutgoingDatagrams, first: number, count: number): number {
    for (let index = first; index < first + count; index++) {
      const [data, address] = [batch.data[index], batch.addresses[index]];
      if (data === undefined || address === undefined) return index - first;
      const { host, port } = address;
      if (isBroadcast(host) && !this.#options.get("SO_BROADCAST")) {
        // As sendmmsg(2) does: the bad one is reported when it is the first of a call.
        if (index > first) return index - first;
        throw systemError("EACCES", `${host} is a broadcast address`);
      }
      this.#sendOne(Buffer.from(data), host, port);
    }
    return count;
  }

  connect(address: InternetAddress): void {
    this.#peer = address;
  }

  startShedding(): void {
    this.#state = "shedding";
  }

  stopShedding(): number {
    const shed = this.#shed;
    this.#shed = 0;
    if (this.#state === "shedding") this.#state = "open";
    return shed;
  }

  close(): void {
    this.#state = "closed";
    this.#arrivals.length = 0;
    this.#options.close();
    this.#network.udp.unbind(this);
  }

  setBroadcast(on: boolean): void {
    this.#options.set("SO_BROADCAST", on);
  }

  joinGroup(group: string, _interfaceHost: string | undefined): void {
    if (this.#groups.has(group)) throw systemError("EADDRINUSE", `${group} was joined before`);
    this.#groups.add(group);
  }

  leaveGroup(group: string, _interfaceHost: string | undefined): void {
    if (!this.#groups.delete(group)) throw systemError("EADDRNOTAVAIL", `${group} is not joined`);
  }

  setMulticastTTL(_hops: number): void {}

  setMulticastLoopback(on: boolean): void {
    this.#loopsMulticast = on;
  }

  setMulticastInterface(_interfaceHost: string): void {}

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.#options.get(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.#options.set(name, value);
  }

  arrived(data: Buffer, from: InternetAddress, group: string | null): void {
    const peer = this.#peer;
    if (this.#state === "closed") return;
    if (peer !== null && (peer.host !== from.host || peer.port !== from.port)) return;
    if (group !== null && isMulticast(group) && !this.#groups.has(group)) return;
    if (this.#state === "shedding") {
      this.#shed++;
      return;
    }
    const bytes = data.length + DATAGRAM_OVERHEAD_BYTES;
    if (this.#arrivedBytes + bytes > this.#receiveBufferBytes) return;
    this.#arrivedBytes += bytes;
    this.#arrive({ kind: "datagram", data, from });
  }

  deliver(): void {
    this.#scheduled = false;
    const arrival = this.#arrivals.shift();
    if (arrival === undefined) return;
    this.#schedule();
    if (arrival.kind === "error") {
      this.#events?.failed(arrival.error);
      return;
    }
    this.#arrivedBytes -= arrival.data.length + DATAGRAM_OVERHEAD_BYTES;
    this.#events?.received(arrival.data, arrival.from.host, arrival.from.port);
  }

  /** Only a connected socket is told that nobody is there. */
  refused({ host, port }: InternetAddress): void {
    if (this.#peer === null || this.#state === "closed") return;
    const error = systemError("ECONNREFUSED", `nobody receives at ${host} port ${port}`);
    this.#arrive({ kind: "error", error });
  }

  #sendOne(data: Buffer, host: string, port: number): void {
    const network = this.#network;
    if (network.isSwallowed(host, port)) return;
    const from = new InternetAddress("udp", this.#sourceFor(host), this.host.port);
    const to = new InternetAddress("udp", host, port);
    const datagram = { data, from, to, sender: this };
    if (isMulticast(host) || isBroadcast(host)) {
      if (isMulticast(host) && !this.#loopsMulticast) return;
      for (const receiver of network.udp.all(port)) network.carry(datagram, receiver, host);
      return;
    }
    const receiver = network.udp.find(host, port);
    if (receiver !== undefined) network.carry(datagram, receiver, null);
    else this.refused(to);
  }

  /** A socket bound to a wildcard sends from the address that is nearest to where it sends. */
  #sourceFor(host: string): string {
    const own = this.host.host;
    if (own !== "0.0.0.0" && own !== "::") return own;
    return host.startsWith("127.") || isMulticast(host) || isBroadcast(host) ? "127.0.0.1" : host;
  }

  #arrive(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#events === null || this.#arrivals.length === 0) return;
    this.#scheduled = true;
    this.#network.loop.ready(this);
  }
}

function isMulticast(host: string): boolean {
  if (host.includes(":")) return host.toLowerCase().startsWith("ff");
  const first = Number.parseInt(host, 10);
  return first >= 224 && first <= 239;
}

function isBroadcast(host: string): boolean {
  return host === "255.255.255.255" || host === "127.255.255.255";
}
