import { networkInterfaces } from "node:os";
import type { InternetAddress, UNIXAddress } from "../reactor/address.ts";
import type {
  AdoptOptions,
  ConnectUNIXOptions,
  ListenTCPOptions,
  ListenUDPOptions,
  ListenUNIXOptions,
} from "../reactor/reactor.ts";
import { resolveHostname } from "../reactor/resolve-hostname.ts";
import type { ConnectCandidate } from "../transport/connect-candidate.ts";
import type { DatagramDriver } from "../transport/datagram-driver.ts";
import type { ListenTarget } from "../transport/listen-target.ts";
import type { SocketMaker } from "../transport/socket-maker.ts";
import { BunDatagramDriver } from "./bun-datagram-driver.ts";
import { AdoptedCandidate, TCPCandidate, UNIXCandidate } from "./connect-candidates.ts";
import { StdioCandidate } from "./stdio-candidate.ts";
import { TCPListenTarget } from "./tcp-listen-target.ts";
import { UNIXListenTarget } from "./unix-listen-target.ts";

/** Bun's sockets, for a reactor. */
export class BunSockets implements SocketMaker {
  readonly resolver = resolveHostname;

  tcpTarget(options: ListenTCPOptions): ListenTarget<InternetAddress> {
    return new TCPListenTarget(options);
  }

  unixTarget(options: ListenUNIXOptions): ListenTarget<UNIXAddress> {
    return new UNIXListenTarget(options);
  }

  tcpCandidate(peer: InternetAddress, from?: InternetAddress): ConnectCandidate {
    return new TCPCandidate(peer, from);
  }

  unixCandidate(options: ConnectUNIXOptions): ConnectCandidate {
    return new UNIXCandidate(options.path);
  }

  adoptedCandidate({ fd, outputFd }: AdoptOptions): ConnectCandidate {
    return outputFd === undefined ? new AdoptedCandidate(fd) : new StdioCandidate(fd, outputFd);
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
