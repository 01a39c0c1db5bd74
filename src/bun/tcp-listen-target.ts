import { requireLibc } from "../native/libc.ts";
import { setBacklog, socketDomainAndType } from "../native/socket-descriptor.ts";
import { type Address, checkPort, InternetAddress } from "../reactor/address.ts";
import type { ListenTCPOptions } from "../reactor/reactor.ts";
import { type BunListener, type BunSocket, bunListen } from "./bun-socket.ts";
import { internetAddressOf, tcpEndsOf } from "./internet-ends.ts";
import type { ListenTarget } from "./listen-target.ts";

/** The address served when none is given: this host only, so that nothing is exposed by accident. */
const DEFAULT_HOST = "127.0.0.1";

/** A TCP address to listen at, or a listening TCP socket to adopt. */
export class TCPListenTarget implements ListenTarget {
  readonly #options: ListenTCPOptions;
  #address: InternetAddress;

  /** @throws {InvalidAddressError} for a name or a bad port */
  constructor(options: ListenTCPOptions) {
    this.#options = options;
    const port = checkPort("tcp", options.port ?? 0);
    this.#address = new InternetAddress("tcp", options.host ?? DEFAULT_HOST, port);
  }

  get description(): string {
    return this.#options.fd === undefined
      ? this.#address.toString()
      : `tcp descriptor ${this.#options.fd}`;
  }

  async open(accept: (socket: BunSocket) => void): Promise<BunListener> {
    const { fd, backlog, reusePort, ipv6Only } = this.#options;
    if (fd !== undefined) {
      requireListening(fd, ["IPv4", "IPv6"]);
      return bunListen({ fd }, accept);
    }
    // Without libc the length of the queue cannot be chosen: say so before anything is open.
    if (backlog !== undefined) requireLibc("set the backlog of a listening socket");
    const { host, port } = this.#address;
    const listener = bunListen(
      {
        hostname: host,
        port,
        ...(reusePort === undefined ? {} : { reusePort }),
        ...(ipv6Only === undefined ? {} : { ipv6Only }),
      },
      accept,
    );
    if (backlog !== undefined) setBacklog(listener.fd, backlog);
    // The real port, so that listening again after a stop takes the same one.
    this.#address = new InternetAddress("tcp", host, listener.port ?? port);
    return listener;
  }

  addressOf(listener: BunListener): Address {
    return this.#options.fd === undefined ? this.#address : internetAddressOf(listener.fd);
  }

  endsOf(socket: BunSocket): { readonly peer: Address; readonly host: Address } | null {
    return tcpEndsOf(socket);
  }

  close(listener: BunListener): void {
    listener.stop(false);
  }
}

/**
 * That `fd` is a listening stream socket of one of `domains`.
 *
 * @throws {TypeError} when it is not
 */
export function requireListening(fd: number, domains: readonly string[]): void {
  const kind = socketDomainAndType(fd);
  if (kind.type === "stream" && kind.listening && domains.includes(kind.domain)) return;
  throw new TypeError(
    `Descriptor ${fd} is a ${kind.listening ? "listening" : "not listening"} ${kind.domain} ` +
      `${kind.type} socket: a listening stream socket of ${domains.join(" or ")} is needed`,
  );
}
