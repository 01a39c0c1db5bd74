import { networkInterfaces } from "node:os";
import { type InternetAddress, UNIXAddress } from "../reactor/address.ts";
import type {
  AdoptOptions,
  ConnectUNIXOptions,
  ListenTCPOptions,
  ListenUDPOptions,
  ListenUNIXOptions,
} from "../reactor/reactor.ts";
import { resolveHostname } from "../reactor/resolve-hostname.ts";
import type { AdoptedConnection, ConnectCandidate } from "../transport/connect-candidate.ts";
import type { DatagramDriver } from "../transport/datagram-driver.ts";
import type { ListenTarget } from "../transport/listen-target.ts";
import type { SocketMaker } from "../transport/socket-maker.ts";
import { BunDatagramDriver } from "./bun-datagram-driver.ts";
import type { DescriptorReserve } from "./descriptor-reserve.ts";
import { type AdoptedKind, AdoptedListenTarget } from "./adopted-listen-target.ts";
import { AdoptedSocket } from "./adopted-connection.ts";
import { TCPCandidate, UNIXCandidate } from "./connect-candidates.ts";
import { internetAddressOf, tcpEndsOf, unixAddressOf, unixEndsAt } from "./socket-ends.ts";
import { StdioCandidate } from "./stdio-candidate.ts";
import { TCPListenTarget } from "./tcp-listen-target.ts";
import { UNIXListenTarget } from "./unix-listen-target.ts";

/** Bun's sockets, for a reactor. */
export class BunSockets implements SocketMaker {
  readonly resolver = resolveHostname;
  readonly #reserve: DescriptorReserve;

  constructor(reserve: DescriptorReserve) {
    this.#reserve = reserve;
  }

  tcpTarget(options: ListenTCPOptions): ListenTarget<InternetAddress> {
    const { fd, backlog } = options;
    if (fd === undefined) return new TCPListenTarget(options, this.#reserve);
    const kind: AdoptedKind<InternetAddress> = {
      kind: "tcp",
      domains: ["IPv4", "IPv6"],
      addressOf: internetAddressOf,
      endsAt: () => tcpEndsOf,
    };
    return new AdoptedListenTarget(fd, backlog, kind, this.#reserve);
  }

  unixTarget(options: ListenUNIXOptions): ListenTarget<UNIXAddress> {
    const { fd, backlog, path } = options;
    if (fd === undefined) return new UNIXListenTarget(options, this.#reserve);
    const kind: AdoptedKind<UNIXAddress> = {
      kind: "unix",
      domains: ["unix"],
      addressOf: (descriptor) => (path ? new UNIXAddress(path) : unixAddressOf(descriptor)),
      endsAt: unixEndsAt,
    };
    return new AdoptedListenTarget(fd, backlog, kind, this.#reserve);
  }

  tcpCandidate(peer: InternetAddress, from?: InternetAddress): ConnectCandidate {
    return new TCPCandidate(peer, from, this.#reserve);
  }

  unixCandidate(options: ConnectUNIXOptions): ConnectCandidate {
    return new UNIXCandidate(options.path);
  }

  adoptedConnection({ fd, outputFd }: AdoptOptions): AdoptedConnection {
    return outputFd === undefined ? new AdoptedSocket(fd) : new StdioCandidate(fd, outputFd);
  }

  openDatagrams(host: InternetAddress, options: ListenUDPOptions): Promise<DatagramDriver> {
    return BunDatagramDriver.open(host, options);
  }

  /**
   * Addresses that the host gets later are not among them, nor are link-local ones: those would
   * need the name of their interface with each peer.
   */
  localHosts(wildcard: InternetAddress): readonly string[] {
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const usable = all.filter(
      (each) =>
        (each.family === "IPv4" || wildcard.family === "IPv6") && !each.address.startsWith("fe80:"),
    );
    return [...new Set(usable.map((each) => each.address))];
  }
}
