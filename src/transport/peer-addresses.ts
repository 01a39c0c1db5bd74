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

  of(host: string, port: number): InternetAddress {
    const plainHost = unmapped(host);
    const slot = port & (SLOTS - 1);
    const known = this.#slots[slot];
    if (known !== undefined && known.port === port && known.host === plainHost) return known;
    const address = new InternetAddress("udp", plainHost, port);
    this.#slots[slot] = address;
    return address;
  }
}
