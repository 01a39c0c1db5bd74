import { type Address, InternetAddress } from "../reactor/address.ts";
import { type AddressFamily, addressFamily, canonicalHost } from "../reactor/ip-address.ts";
import type { ConnectionAcceptor } from "../transport/listen-target.ts";
import { MemoryAddresses } from "./memory-addresses.ts";
import { linkSizes, type MemoryLinkOptions } from "./memory-driver.ts";
import type { EventLoop } from "./memory-loop.ts";

/** Whoever receives datagrams at an address. */
export interface MemoryReceiver {
  /** A datagram from `from` has come in, for `group` where it was sent to one. */
  arrived(data: Buffer, from: InternetAddress, group: string | null): void;
}

/** Whoever sent a datagram. */
export interface MemorySender {
  /** Nobody receives at `to`. */
  refused(to: InternetAddress): void;
}

/** One datagram on its way from one socket to another. */
export interface MemoryDatagram {
  readonly data: Buffer;
  readonly from: InternetAddress;
  /** Where it was sent; perhaps a group, or everybody. */
  readonly to: InternetAddress;
  readonly sender: MemorySender;
}

/** Brings datagrams to their receivers, in whatever time and shape. */
export type DatagramCarrier = (
  datagram: MemoryDatagram,
  receiver: MemoryReceiver,
  group: string | null,
) => void;

const carryAtOnce: DatagramCarrier = ({ data, from }, receiver, group) =>
  receiver.arrived(data, from, group);

/** One host with its addresses, names and paths: what there is to connect to. */
export class MemoryNetwork {
  readonly loop: EventLoop;
  readonly link: MemoryLinkOptions;
  readonly tcp: MemoryAddresses<ConnectionAcceptor>;
  readonly udp: MemoryAddresses<MemoryReceiver>;
  readonly carry: DatagramCarrier;
  readonly paths = new Map<string, ConnectionAcceptor>();
  /** The IP addresses of each name. */
  readonly names = new Map<string, readonly string[]>([["localhost", ["127.0.0.1"]]]);
  readonly #localHosts: readonly string[];
  readonly #blackHoles = new Set<string>();
  #nextClientPort = 32_768;

  constructor(
    loop: EventLoop,
    localHosts: Iterable<string>,
    link: MemoryLinkOptions = {},
    carry = carryAtOnce,
  ) {
    const hosts = new Set([...localHosts].map(canonicalHost));
    this.#localHosts = ["127.0.0.1", "::1", ...hosts];
    this.loop = loop;
    this.link = linkSizes(link);
    this.carry = carry;
    this.tcp = new MemoryAddresses("tcp", hosts);
    this.udp = new MemoryAddresses("udp", hosts);
  }

  /**
   * From now on whatever is sent to `host`, or to one port of it, is never answered.
   *
   * @throws {InvalidAddressError} when `host` is not an IP address, or `port` no port
   */
  swallow(host: string, port?: number): void {
    // By a name nothing would be found.
    const address = new InternetAddress("tcp", host, port ?? 0);
    this.#blackHoles.add(placeName(address.host, port));
  }

  /** The reverse of `swallow`, with the same arguments. */
  answer(host: string, port?: number): void {
    this.#blackHoles.delete(placeName(canonicalHost(host), port));
  }

  isSwallowed(host: string, port: number): boolean {
    return this.#blackHoles.has(placeName(host)) || this.#blackHoles.has(placeName(host, port));
  }

  /** What a wildcard of `family` stands for; the one of IPv6 for both. */
  localHosts(family: AddressFamily): string[] {
    return this.#localHosts.filter((host) => family === "IPv6" || addressFamily(host) === family);
  }

  /** The acceptor at `address`; undefined when nobody listens there. */
  acceptorAt(address: Address): ConnectionAcceptor | undefined {
    if (address.kind === "unix") return this.paths.get(address.path);
    return this.tcp.find(address.host, address.port);
  }

  /** Where a connection to `peer` comes from when nobody chooses: the same host. */
  clientAddress(peer: InternetAddress): InternetAddress {
    const port = this.#nextClientPort;
    this.#nextClientPort = port === 49_151 ? 32_768 : port + 1;
    return new InternetAddress("tcp", peer.host, port);
  }
}

function placeName(host: string, port?: number): string {
  return port === undefined ? host : `${host} ${port}`;
}
