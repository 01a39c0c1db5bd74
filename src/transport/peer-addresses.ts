import { InternetAddress } from "../reactor/address.ts";
import { unmapped } from "../reactor/ip-address.ts";

/** How many peers are remembered; a power of two, enough for the busy ones of a small service. */
const SLOTS = 256;

/**
 * The address objects of the peers heard of lately, so that a busy peer costs no new object for
 * each of its datagrams. A peer's port chooses its slot; who comes last has it.
 */
export class PeerAddresses {
  readonly #slots: (InternetAddress | undefined)[] = new Array(SLOTS);
  /** The host of each as the system wrote it, which need not be the canonical form. */
  readonly #hosts: (string | undefined)[] = new Array(SLOTS);

  /** @param host an IP address, as the system writes it */
  of(host: string, port: number): InternetAddress {
    const slot = port & (SLOTS - 1);
    const known = this.#slots[slot];
    if (known !== undefined && known.port === port && this.#hosts[slot] === host) return known;
    const address = new InternetAddress("udp", unmapped(host), port);
    this.#slots[slot] = address;
    this.#hosts[slot] = host;
    return address;
  }
}
