import { BlockList } from "node:net";
import type { Address } from "../reactor/address.ts";
import { addressFamily, isIPv4 } from "../reactor/ip-address.ts";
import { InvalidAddressError } from "../reactor/invalid-address-error.ts";
import { plainHost } from "./plain-host.ts";

/** How many bits stand in front of the IPv4 address in a mapped one. */
const MAPPED_PREFIX_BITS = 96;

/**
 * A set of IP networks, such as `192.0.2.0/24`, `2001:db8::/32` or a single address. An address of
 * IPv4 is in networks of IPv4 alone, and so is a mapped one, however either is written.
 */
export class IPNetworks {
  /** Apart, because a `BlockList` has IPv4 inside of wide networks of IPv6, such as `::/0`. */
  readonly #networks = { IPv4: new BlockList(), IPv6: new BlockList() };

  /** @throws {InvalidAddressError} for what is no address, or has an impossible prefix length */
  constructor(networks: Iterable<string>) {
    for (const network of networks) this.#add(network);
  }

  /** Whether `peer` is in one of them; a UNIX socket is in none. */
  has(peer: Address): boolean {
    if (peer.kind === "unix") return false;
    const host = plainHost(peer.host);
    return isIPv4(host)
      ? this.#networks.IPv4.check(host, "ipv4")
      : this.#networks.IPv6.check(host, "ipv6");
  }

  #add(network: string): void {
    const [host = "", prefix, ...rest] = network.split("/");
    const family = addressFamily(host);
    const longest = family === "IPv6" ? 128 : 32;
    const length = prefix === undefined ? longest : /^\d+$/.test(prefix) ? Number(prefix) : -1;
    const isAddress = family !== null && !host.includes("%");
    if (!isAddress || rest.length > 0 || length < 0 || length > longest) {
      const needed = "an IP address without zone, or one with a prefix length as in 192.0.2.0/24";
      throw new InvalidAddressError(`${JSON.stringify(network)} is not ${needed}`);
    }
    const plain = plainHost(host);
    if (family === "IPv4") this.#networks.IPv4.addSubnet(host, length, "ipv4");
    else if (isIPv4(plain) && length >= MAPPED_PREFIX_BITS) {
      this.#networks.IPv4.addSubnet(plain, length - MAPPED_PREFIX_BITS, "ipv4");
    } else this.#networks.IPv6.addSubnet(host, length, "ipv6");
  }
}
