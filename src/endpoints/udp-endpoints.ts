import { InternetAddress } from "../reactor/address.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import { connectErrorFor } from "../reactor/connect-error.ts";
import { addressFamily } from "../reactor/ip-address.ts";
import type { DatagramPort } from "../reactor/listening-port.ts";
import type { ListenUDPOptions, Reactor } from "../reactor/reactor.ts";
import {
  addressesOf,
  type HostnameResolver,
  resolveHostname,
} from "../reactor/resolve-hostname.ts";
import { ConnectedDatagrams } from "./connected-datagrams.ts";
import { systemCodeOf } from "./system-code.ts";

/** A UDP address to receive datagrams at. */
export class UDPServerEndpoint {
  readonly #reactor: Reactor;
  readonly #options: ListenUDPOptions;

  /** @param options as `listenUDP` takes them: 127.0.0.1 and a free port unless told */
  constructor(reactor: Reactor, options: ListenUDPOptions = {}) {
    this.#reactor = reactor;
    this.#options = options;
  }

  /**
   * Opens the port and starts `protocol`; one protocol serves one port.
   *
   * @throws {CannotListenError} as a rejection, as `listenUDP` does
   */
  listen(protocol: DatagramProtocol): Promise<DatagramPort> {
    return this.#reactor.listenUDP(this.#options, protocol);
  }
}

/** Where a `UDPClientEndpoint` sends to, and how. */
export interface UDPClientEndpointOptions extends Omit<ListenUDPOptions, "host" | "port" | "fd"> {
  /** An IP address or a name, of which the first address is taken. */
  readonly host: string;
  readonly port: number;
  /** The local address to send from; any address and any port unless told. */
  readonly bindAddress?: { readonly host: string; readonly port?: number };
  /** Finds the addresses; the system's own lookup unless told. */
  readonly resolver?: HostnameResolver;
}

/** One peer to exchange datagrams with, by name or IP address. */
export class UDPClientEndpoint {
  readonly #reactor: Reactor;
  readonly #options: UDPClientEndpointOptions;

  constructor(reactor: Reactor, options: UDPClientEndpointOptions) {
    this.#reactor = reactor;
    this.#options = options;
  }

  /**
   * Opens a port that is connected to the peer, and starts `protocol`, whose transport takes no
   * address then. It hears of refusals by `connectionRefused`.
   *
   * @throws {ConnectError} as a rejection, when the name has no address or there is no way to it
   * @throws {CannotListenError} as a rejection, as `listenUDP` does
   */
  async connect(protocol: DatagramProtocol): Promise<DatagramPort> {
    const { host, port, bindAddress, resolver = resolveHostname, ...listening } = this.#options;
    const [address = host] = await addressesOf(host, `udp ${host}:${port}`, resolver);
    const peer = new InternetAddress("udp", address, port);
    const wildcard = addressFamily(address) === "IPv6" ? "::" : "0.0.0.0";
    const local = bindAddress ?? { host: wildcard };
    const connected = new ConnectedDatagrams(peer, protocol);
    const opened = await this.#reactor.listenUDP({ ...listening, ...local }, connected);
    const { failure } = connected;
    if (failure === null) return opened;
    await opened.stopListening();
    const code = systemCodeOf(failure);
    throw code === undefined ? failure : connectErrorFor(peer.toString(), code, failure);
  }
}
