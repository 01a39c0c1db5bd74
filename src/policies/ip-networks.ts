import { BlockList } from "node:net";
import type { Address } from "../reactor/address.ts";
import { addressFamily, unmapped } from "../reactor/ip-address.ts";
import { InvalidAddressError } from "../reactor/invalid-address-error.ts";

/** A set of IP networks, such as `192.0.2.0/24`, `2001:db8::/32` or a single address. */
export class IPNetworks {
  readonly #networks = new BlockList();

  /** @throws {InvalidAddressError} for what is no address, or has an impossible prefix length */
  constructor(networks: Iterable<string>) {
    for (const network of networks) this.#add(network);
  }

  /** Whether `peer` is in one of them; a UNIX socket is in none. */
  has(peer: Address): boolean {
    if (peer.kind === "unix") return false;
    const [host = ""] = unmapped(peer.host).split("%");
    return this.#networks.check(host, addressFamily(host) === "IPv6" ? "ipv6" : "ipv4");
  }

  #add(network: string): void {
    const [host = "", prefix, ...rest] = network.split("/");
    const family = addressFamily(host);
    const longest = family === "IPv6" ? 128 : 32;
    const length = prefix === undefined ? longest : /^\d+$/.test(prefix) ? Number(prefix) : -1;
    if (family === null || rest.length > 0 || length < 0 || length > longest) {
      const needed = "an IP address, or one with a prefix length such as 192.0.2.0/24";
      throw new InvalidAddressError(`${JSON.stringify(network)} is not ${needed}`);
    }
    this.#networks.addSubnet(host, length, family === "IPv6" ? "ipv6" : "ipv4");
  }
}
