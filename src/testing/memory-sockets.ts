import type { InternetAddress, UNIXAddress } from "../reactor/address.ts";
import { ConnectError } from "../reactor/connect-error.ts";
import type {
  AdoptOptions,
  ConnectUNIXOptions,
  ListenTCPOptions,
  ListenUDPOptions,
  ListenUNIXOptions,
} from "../reactor/reactor.ts";
import type { HostnameResolver } from "../reactor/resolve-hostname.ts";
import type { AdoptedConnection, ConnectCandidate } from "../transport/connect-candidate.ts";
import type { DatagramDriver } from "../transport/datagram-driver.ts";
import type { ListenTarget } from "../transport/listen-target.ts";
import type { SocketMaker } from "../transport/socket-maker.ts";
import { type BeginConnect, memoryTCPCandidate, memoryUNIXCandidate } from "./memory-candidates.ts";
import { MemoryDatagramDriver } from "./memory-datagram-driver.ts";
import { MemoryTCPTarget, MemoryUNIXTarget } from "./memory-listen-target.ts";
import type { MemoryNetwork } from "./memory-network.ts";

/** The sockets of one host in memory, for a reactor. */
export class MemorySockets implements SocketMaker {
  readonly resolver: HostnameResolver;
  readonly #network: MemoryNetwork;
  readonly #begin: BeginConnect;

  constructor(network: MemoryNetwork, begin: BeginConnect) {
    this.resolver = async (host) => network.names.get(host) ?? [];
    this.#network = network;
    this.#begin = begin;
  }

  tcpTarget(options: ListenTCPOptions): ListenTarget<InternetAddress> {
    return new MemoryTCPTarget(this.#network, options);
  }

  unixTarget(options: ListenUNIXOptions): ListenTarget<UNIXAddress> {
    return new MemoryUNIXTarget(this.#network, options);
  }

  tcpCandidate(peer: InternetAddress, from?: InternetAddress): ConnectCandidate {
    return memoryTCPCandidate(this.#network, peer, from, this.#begin);
  }

  unixCandidate(options: ConnectUNIXOptions): ConnectCandidate {
    return memoryUNIXCandidate(options.path, this.#begin);
  }

  adoptedConnection({ fd }: AdoptOptions): AdoptedConnection {
    const description = `descriptor ${fd}`;
    return {
      description,
      begin() {
        throw new ConnectError(description, "there are no descriptors in memory");
      },
      discard() {},
    };
  }

  async openDatagrams(host: InternetAddress, options: ListenUDPOptions): Promise<DatagramDriver> {
    return new MemoryDatagramDriver(this.#network, host, options);
  }

  localHosts(wildcard: InternetAddress): readonly string[] {
    return this.#network.localHosts(wildcard.family);
  }
}
