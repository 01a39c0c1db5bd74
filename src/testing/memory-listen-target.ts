import { type Address, checkPort, InternetAddress, UNIXAddress } from "../reactor/address.ts";
import type { ListenTCPOptions, ListenUNIXOptions } from "../reactor/reactor.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { ConnectionAcceptor, ListenTarget, OpenListener } from "../transport/listen-target.ts";
import { systemError } from "./memory-addresses.ts";
import type { MemoryNetwork } from "./memory-network.ts";
import { MemorySocketOptions } from "./memory-socket-options.ts";

/** A TCP address in memory. */
export class MemoryTCPTarget implements ListenTarget<InternetAddress> {
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

  async open(acceptor: ConnectionAcceptor): Promise<OpenListener<InternetAddress>> {
    refuseDescriptor(this.#options.fd);
    const { tcp } = this.#network;
    const { host, port } = this.#address;
    // The real port, so that listening again after a stop takes the same one.
    this.#address = tcp.bind(host, port, acceptor, this.#options);
    return new MemoryListener(this.#address, () => tcp.unbind(acceptor));
  }
}

/** A path in memory. */
export class MemoryUNIXTarget implements ListenTarget<UNIXAddress> {
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

  async open(acceptor: ConnectionAcceptor): Promise<OpenListener<UNIXAddress>> {
    refuseDescriptor(this.#options.fd);
    const { paths } = this.#network;
    const { path } = this.#address;
    if (paths.has(path)) throw systemError("EADDRINUSE", `${path} is taken`);
    paths.set(path, acceptor);
    return new MemoryListener(this.#address, () => paths.delete(path));
  }
}

class MemoryListener<A extends Address> implements OpenListener<A> {
  readonly host: A;
  readonly fileDescriptor = -1;
  readonly #options = new MemorySocketOptions("stream");
  readonly #release: () => void;

  constructor(host: A, release: () => void) {
    this.host = host;
    this.#release = release;
  }

  close(): void {
    this.#release();
    this.#options.close();
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.#options.get(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.#options.set(name, value);
  }
}

function refuseDescriptor(fd: number | undefined): void {
  if (fd !== undefined) throw systemError("EBADF", "there are no descriptors in memory");
}
