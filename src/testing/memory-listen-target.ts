import { type Address, checkPort, InternetAddress, UNIXAddress } from "../reactor/address.ts";
import type { ListenTCPOptions, ListenUNIXOptions } from "../reactor/reactor.ts";
import { systemError } from "./memory-addresses.ts";
import type { MemoryAcceptor, MemoryNetwork } from "./memory-network.ts";

/** Where a port in memory listens. */
export interface MemoryListenTarget {
  readonly description: string;
  /** Has connections come to `acceptor`. @throws {Error} with the system's code */
  open(acceptor: MemoryAcceptor): Address;
  close(acceptor: MemoryAcceptor): void;
}

/** A TCP address in memory. */
export class MemoryTCPTarget implements MemoryListenTarget {
  readonly #network: MemoryNetwork;
  readonly #options: ListenTCPOptions;
  #address: InternetAddress;

  /** @throws {InvalidAddressError} for a name or a bad port */
  constructor(network: MemoryNetwork, options: ListenTCPOptions) {
    const { host = "127.0.0.1", port = 0 } = options;
    this.#network = network;
    this.#options = options;
    this.#address = new InternetAddress("tcp", host, checkPort("tcp", port));
  }

  get description(): string {
    const { fd } = this.#options;
    return fd === undefined ? this.#address.toString() : `tcp descriptor ${fd}`;
  }

  open(acceptor: MemoryAcceptor): Address {
    refuseDescriptor(this.#options.fd);
    const { host, port } = this.#address;
    // The real port, so that listening again after a stop takes the same one.
    this.#address = this.#network.tcp.bind(host, port, acceptor, this.#options);
    return this.#address;
  }

  close(acceptor: MemoryAcceptor): void {
    this.#network.tcp.unbind(acceptor);
  }
}

/** A path in memory. */
export class MemoryUNIXTarget implements MemoryListenTarget {
  readonly #network: MemoryNetwork;
  readonly #options: ListenUNIXOptions;
  readonly #address: UNIXAddress;

  constructor(network: MemoryNetwork, options: ListenUNIXOptions) {
    this.#network = network;
    this.#options = options;
    this.#address = new UNIXAddress(options.path);
  }

  get description(): string {
    return this.#address.toString();
  }

  open(acceptor: MemoryAcceptor): Address {
    refuseDescriptor(this.#options.fd);
    const { path } = this.#address;
    if (this.#network.paths.has(path)) throw systemError("EADDRINUSE", `${path} is taken`);
    this.#network.paths.set(path, acceptor);
    return this.#address;
  }

  close(_acceptor: MemoryAcceptor): void {
    this.#network.paths.delete(this.#address.path);
  }
}

function refuseDescriptor(fd: number | undefined): void {
  if (fd !== undefined) throw systemError("EBADF", "there are no descriptors in memory");
}
