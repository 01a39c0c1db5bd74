import { requireLibc } from "../native/libc.ts";
import { setBacklog } from "../native/socket-descriptor.ts";
import { checkPort, InternetAddress } from "../reactor/address.ts";
import type { ListenTCPOptions } from "../reactor/reactor.ts";
import type { ConnectionAcceptor, ListenTarget, OpenListener } from "../transport/listen-target.ts";
import { AdoptableListener } from "./adoptable-listener.ts";
import { BunOpenListener, listenFor } from "./bun-open-listener.ts";
import { internetAddressOf, tcpEndsOf } from "./internet-ends.ts";

/** What is served when no host is given: this one only, so that nothing is exposed by accident. */
const DEFAULT_HOST = "127.0.0.1";

/** A TCP address to listen at, or a listening TCP socket to adopt. */
export class TCPListenTarget implements ListenTarget<InternetAddress> {
  readonly #options: ListenTCPOptions;
  readonly #adoptable: AdoptableListener | null;
  #address: InternetAddress;

  /** @throws {InvalidAddressError} for a name or a bad port */
  constructor(options: ListenTCPOptions) {
    const { fd } = options;
    this.#options = options;
    this.#adoptable = fd === undefined ? null : new AdoptableListener(fd, ["IPv4", "IPv6"]);
    const port = checkPort("tcp", options.port ?? 0);
    this.#address = new InternetAddress("tcp", options.host ?? DEFAULT_HOST, port);
  }

  get description(): string {
    const { fd } = this.#options;
    return fd === undefined ? this.#address.toString() : `tcp descriptor ${fd}`;
  }

  async open(acceptor: ConnectionAcceptor): Promise<OpenListener<InternetAddress>> {
    const { backlog, reusePort, ipv6Only } = this.#options;
    // Without libc the length of the queue cannot be chosen: say so before anything is open.
    if (backlog !== undefined) requireLibc("set the backlog of a listening socket");
    if (this.#adoptable !== null) return adopt(acceptor, this.#adoptable, backlog);
    const { host, port } = this.#address;
    const where = {
      hostname: host,
      port,
      ...(reusePort === undefined ? {} : { reusePort }),
      ...(ipv6Only === undefined ? {} : { ipv6Only }),
    };
    const listener = listenFor(acceptor, where, tcpEndsOf);
    if (backlog !== undefined) setBacklog(listener.fd, backlog);
    // The real port, so that listening again after a stop takes the same one.
    this.#address = new InternetAddress("tcp", host, listener.port ?? port);
    return new BunOpenListener(listener, this.#address, () => listener.stop(false));
  }
}

function adopt(
  acceptor: ConnectionAcceptor,
  adoptable: AdoptableListener,
  backlog: number | undefined,
): OpenListener<InternetAddress> {
  const listener = adoptable.adopt((fd) => listenFor(acceptor, { fd }, tcpEndsOf));
  if (backlog !== undefined) setBacklog(listener.fd, backlog);
  return new BunOpenListener(listener, internetAddressOf(listener.fd), () => listener.stop(false));
}
