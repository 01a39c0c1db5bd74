import type { InternetAddress, UNIXAddress } from "../reactor/address.ts";
import type {
  AdoptOptions,
  ConnectUNIXOptions,
  ListenTCPOptions,
  ListenUDPOptions,
  ListenUNIXOptions,
} from "../reactor/reactor.ts";
import type { HostnameResolver } from "../reactor/resolve-hostname.ts";
import type { AdoptedConnection, ConnectCandidate } from "./connect-candidate.ts";
import type { DatagramDriver } from "./datagram-driver.ts";
import type { ListenTarget } from "./listen-target.ts";

/**
 * Where a reactor gets its sockets: all that differs between Bun's sockets, sockets in memory and a
 * simulated network.
 */
export interface SocketMaker {
  /** @throws {InvalidAddressError} for a name or a bad port */
  tcpTarget(options: ListenTCPOptions): ListenTarget<InternetAddress>;
  unixTarget(options: ListenUNIXOptions): ListenTarget<UNIXAddress>;
  /** Finds the addresses of names where nobody says how. */
  readonly resolver: HostnameResolver;
  /**
   * @param from the local address to connect from, where somebody chooses
   * @throws {Error} when it cannot be chosen here
   */
  tcpCandidate(peer: InternetAddress, from?: InternetAddress): ConnectCandidate;
  unixCandidate(options: ConnectUNIXOptions): ConnectCandidate;
  adoptedConnection(options: AdoptOptions): AdoptedConnection;
  /** Opens a UDP socket. Rejects with what the system said, and leaves nothing open then. */
  openDatagrams(host: InternetAddress, options: ListenUDPOptions): Promise<DatagramDriver>;
  /** The IP addresses that a wildcard address stands for now. */
  localHosts(wildcard: InternetAddress): readonly string[];
}
