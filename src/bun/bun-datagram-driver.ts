import {
  disableReceiveErrors,
  forceReceiveBuffer,
  forceSendBuffer,
  isolateMulticast,
  socketDrops,
} from "../native/datagram-socket.ts";
import { attachDropFilter, type FilterProgram, setFilter } from "../native/drop-filter.ts";
import { libcOrNull, requireLibc } from "../native/libc.ts";
import { connectDatagrams } from "../native/precise-socket.ts";
import type { InternetSocketName } from "../native/socket-address.ts";
import { socketDomainAndType, socketName } from "../native/socket-descriptor.ts";
import { getSocketOption, setSocketOption } from "../native/socket-options.ts";
import { InternetAddress } from "../reactor/address.ts";
import { asError } from "../reactor/as-error.ts";
import { type AddressFamily, MAPPED_PREFIX, unmapped } from "../reactor/ip-address.ts";
import type { ListenUDPOptions } from "../reactor/reactor.ts";
import {
  SocketOptionError,
  type SocketOptionName,
  type SocketOptionValue,
} from "../reactor/socket-option.ts";
import type {
  DatagramDriver,
  DatagramEvents,
  OutgoingDatagrams,
} from "../transport/datagram-driver.ts";

/** Bun's UDP socket with its undocumented descriptor. */
type BunDatagramSocket = import("bun").udp.Socket<"buffer"> & { readonly fd: number };

/** Bun's undocumented bit for SO_REUSEPORT; it ignores an option of that name. */
const REUSE_PORT_FLAG = 4;

/** One of Bun's UDP sockets as a driver. */
export class BunDatagramDriver implements DatagramDriver {
  readonly #socket: BunDatagramSocket;
  readonly host: InternetAddress;
  /** Of the socket; one of IPv6 may be bound to an IPv4 address, by its mapped form. */
  readonly #family: AddressFamily;
  readonly #listener: { events: DatagramEvents | null };
  #dropsBefore = 0;
  /** Of an adopted socket, which has it back when shedding is over. */
  #filterBefore: FilterProgram = null;

  private constructor(
    socket: BunDatagramSocket,
    host: InternetAddress,
    family: AddressFamily,
    listener: { events: DatagramEvents | null },
  ) {
    this.#socket = socket;
    this.#listener = listener;
    this.host = host;
    this.#family = family;
  }

  /** Opens a socket at `host`, or adopts `options.fd`. Rejects with what the system said. */
  static async open(host: InternetAddress, options: ListenUDPOptions): Promise<BunDatagramDriver> {
    const { fd, reusePort } = options;
    if (fd !== undefined) requireDatagram(fd);
    // Bun may report before there is a driver to tell; nobody listens yet then.
    const listener: { events: DatagramEvents | null } = { events: null };
    const socket = (await Bun.udpSocket({
      ...(fd === undefined ? { hostname: host.host, port: host.port } : { fd }),
      ...(reusePort === true ? { flags: REUSE_PORT_FLAG } : {}),
      socket: {
        data(_socket: unknown, data: Buffer, port: number, from: string) {
          listener.events?.received(data, from, port);
        },
        drain() {
          listener.events?.writable();
        },
        // Its types say (socket, error), but it is called with the error alone.
        error(...parts: unknown[]) {
          listener.events?.failed(asError(parts.at(-1)));
        },
      },
    } as never)) as unknown as BunDatagramSocket;
    try {
      prepare(socket.fd, options);
      const bound = fd === undefined ? host : boundAddress(fd);
      const port = fd === undefined ? socket.port : bound.port;
      const address = new InternetAddress("udp", unmapped(bound.host), port);
      return new BunDatagramDriver(socket, address, bound.family, listener);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  attach(events: DatagramEvents): void {
    this.#listener.events = events;
  }

  get fileDescriptor(): number {
    return this.#socket.fd;
  }

  send({ data, addresses }: OutgoingDatagrams, first: number, count: number): number {
    if (count === 1) {
      const { host, port } = addresses[first] as InternetAddress;
      return this.#socket.send(data[first] as Uint8Array, port, this.#wireHost(host)) ? 1 : 0;
    }
    const packets: (Uint8Array | number | string)[] = [];
    for (let index = first; index < first + count; index++) {
      const { host, port } = addresses[index] as InternetAddress;
      packets.push(data[index] as Uint8Array, port, this.#wireHost(host));
    }
    return this.#socket.sendMany(packets);
  }

  /** Without libc the socket stays open to all, and the transport drops what others send. */
  connect(address: InternetAddress): void {
    if (libcOrNull() === null) return;
    connectDatagrams(this.#socket.fd, {
      family: this.#family,
      host: this.#wireHost(address.host),
      port: address.port,
    });
  }

  /** In the kernel, where libc lets us: it is the only thing that is faster than a flood. */
  startShedding(): void {
    if (libcOrNull() === null) return;
    this.#dropsBefore = socketDrops(this.#socket.fd);
    this.#filterBefore = attachDropFilter(this.#socket.fd);
  }

  stopShedding(): number {
    if (libcOrNull() === null) return 0;
    setFilter(this.#socket.fd, this.#filterBefore);
    // The kernel's count has 32 bits.
    return (socketDrops(this.#socket.fd) - this.#dropsBefore) >>> 0;
  }

  close(): void {
    this.#socket.close();
  }

  setBroadcast(on: boolean): void {
    this.#socket.setBroadcast(on);
  }

  joinGroup(group: string, interfaceHost: string | undefined): void {
    if (interfaceHost === undefined) this.#socket.addMembership(group);
    else this.#socket.addMembership(group, interfaceHost);
  }

  leaveGroup(group: string, interfaceHost: string | undefined): void {
    if (interfaceHost === undefined) this.#socket.dropMembership(group);
    else this.#socket.dropMembership(group, interfaceHost);
  }

  setMulticastTTL(hops: number): void {
    this.#socket.setMulticastTTL(hops);
  }

  setMulticastLoopback(on: boolean): void {
    this.#socket.setMulticastLoopback(on);
  }

  setMulticastInterface(interfaceHost: string): void {
    this.#socket.setMulticastInterface(interfaceHost);
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return getSocketOption(this.#socket.fd, name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    setSocketOption(this.#socket.fd, name, value);
  }

  /** A socket of IPv6 reaches IPv4 by the mapped form of its addresses alone. */
  #wireHost(host: string): string {
    return this.#family === "IPv6" && !host.includes(":") ? `${MAPPED_PREFIX}${host}` : host;
  }
}

function prepare(fd: number, options: ListenUDPOptions): void {
  const { receiveBufferBytes, sendBufferBytes } = options;
  if (receiveBufferBytes !== undefined || sendBufferBytes !== undefined) {
    requireLibc("set the buffer sizes of a UDP socket");
  }
  if (libcOrNull() === null) return;
  if (receiveBufferBytes !== undefined) forceReceiveBuffer(fd, receiveBufferBytes);
  if (sendBufferBytes !== undefined) forceSendBuffer(fd, sendBufferBytes);
  wherePossible(() => disableReceiveErrors(fd));
  wherePossible(() => isolateMulticast(fd));
}

/** For what only makes a socket better: a kernel may lack it, as a system may lack libc. */
function wherePossible(setOption: () => void): void {
  try {
    setOption();
  } catch (error) {
    if (!(error instanceof SocketOptionError)) throw error;
  }
}

function requireDatagram(fd: number): void {
  const { type, domain } = socketDomainAndType(fd);
  if (type === "datagram" && (domain === "IPv4" || domain === "IPv6")) return;
  throw new TypeError(`Descriptor ${fd} is a ${domain} ${type} socket: a UDP socket is needed`);
}

function boundAddress(fd: number): InternetSocketName {
  const name = socketName(fd);
  if (name.family === "unix") throw new TypeError(`Descriptor ${fd} is a UNIX socket, not UDP`);
  return name;
}
