import { requireLibc } from "../native/libc.ts";
import { checkPort, InternetAddress } from "../reactor/address.ts";
import type { ListenTCPOptions } from "../reactor/reactor.ts";
import type { ConnectionAcceptor, ListenTarget, OpenListener } from "../transport/listen-target.ts";
import { BunOpenListener, listenFor, setQueueLength } from "./bun-open-listener.ts";
import type { DescriptorReserve } from "./descriptor-reserve.ts";
import { tcpEndsOf } from "./socket-ends.ts";

/** What is served when no host is given: this one only, so that nothing is exposed by accident. */
const DEFAULT_HOST = "127.0.0.1";

/** A TCP address to listen at. */
export class TCPListenTarget implements ListenTarget<InternetAddress> {
  readonly #options: ListenTCPOptions;
  readonly #reserve: DescriptorReserve;
  #address: InternetAddress;

  /** @throws {InvalidAddressError} for a name or a bad port */
  constructor(options: ListenTCPOptions, reserve: DescriptorReserve) {
    this.#options = options;
    this.#reserve = reserve;
    const port = checkPort("tcp", options.port ?? 0);
    this.#address = new InternetAddress("tcp", options.host ?? DEFAULT_HOST, port);
  }

  get description(): string {
    return this.#address.toString();
  }

  async open(acceptor: ConnectionAcceptor): Promise<OpenListener<InternetAddress>> {
    const { backlog, reusePort, ipv6Only } = this.#options;
    // Without libc the length of the queue cannot be chosen: say so before anything is open.
    if (backlog !== undefined) requireLibc("set the backlog of a listening socket");
    const { host, port } = this.#address;
    const where = {
      hostname: host,
      port,
      ...(reusePort === undefined ? {} : { reusePort }),
      ...(ipv6Only === undefined ? {} : { ipv6Only }),
    };
    const listener = listenFor(acceptor, where, tcpEndsOf, this.#reserve);
    if (backlog !== undefined) setQueueLength(listener, backlog);
    // The real port, so that listening again after a stop takes the same one.
    this.#address = new InternetAddress("tcp", host, listener.port ?? port);
    return new BunOpenListener(listener, this.#address, () => listener.stop(false));
  }
}
