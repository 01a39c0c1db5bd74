/** The Discard Protocol (RFC 863): what comes in is thrown away, and nothing is ever sent. */
import { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import { Protocol } from "../reactor/protocol.ts";

/** Discard over TCP: reads until the peer ends its side. */
export class Discard extends Protocol {
  override draining(): void {
    this.transport.loseConnection();
  }
}

/** Discard over UDP: reads, and is silent. */
export class DiscardDatagrams extends DatagramProtocol {}
