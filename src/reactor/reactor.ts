import type { InternetAddress, UNIXAddress } from "./address.ts";
import type { Clock } from "./clock.ts";
import type { DatagramProtocol } from "./datagram-protocol.ts";
import type { Factory } from "./factory.ts";
import type { DatagramPort, ListeningPort } from "./listening-port.ts";
import type { Protocol } from "./protocol.ts";
import type { StreamOptions } from "./stream-transport.ts";
import type { TLSClientOptions, TLSServerOptions } from "./tls.ts";
import type { SystemEventPhase, SystemEventTrigger } from "./system-events.ts";

/** Where and how to accept TCP connections. */
export interface ListenTCPOptions extends StreamOptions {
  /** An IP address; 127.0.0.1 unless told. `::` takes IPv4 too unless `ipv6Only`. */
  readonly host?: string;
  /** 0, the default, lets the system choose; `host` of the port tells which. */
  readonly port?: number;
  /** Lets several sockets share the port; the kernel spreads connections over them. */
  readonly reusePort?: boolean;
  readonly ipv6Only?: boolean;
  /** How many connections may wait to be accepted; 512 unless told. */
  readonly backlog?: number;
  /** Above this many open connections new ones are closed at once. */
  readonly maxConnections?: number;
  /** A listening socket to adopt instead of opening one; the reactor then owns it. */
  readonly fd?: number;
  /** Secures every connection; a protocol is built only after a good handshake. */
  readonly tls?: TLSServerOptions;
}

/** Where and how to accept connections of this host. */
export interface ListenUNIXOptions extends StreamOptions {
  /** A path, or an abstract name, which starts with a NUL character. */
  readonly path: string;
  /** The permissions of the path; 0o666 unless told. */
  readonly mode?: number;
  readonly backlog?: number;
  readonly maxConnections?: number;
  /** A listening socket to adopt; `path` then only names it, and is never removed. */
  readonly fd?: number;
  readonly tls?: TLSServerOptions;
}

/** What every connect takes. */
export interface ConnectOptions extends StreamOptions {
  /** How long to try, in milliseconds; 30000 unless told. */
  readonly timeoutMs?: number;
  /** Cancels the attempt. */
  readonly signal?: AbortSignal;
  /** Secures the connection; the protocol is built only after a good handshake. */
  readonly tls?: TLSClientOptions;
}

/** Where and how to connect. */
export interface ConnectTCPOptions extends ConnectOptions {
  /** An IP address or a name; of a name all addresses are tried in turn. */
  readonly host: string;
  readonly port: number;
  /** The local address to connect from; port 0 unless told. */
  readonly bindAddress?: { readonly host: string; readonly port?: number };
}

/** Where and how to connect on this host. */
export interface ConnectUNIXOptions extends ConnectOptions {
  readonly path: string;
}

/** A connected socket, or a pair of descriptors, to adopt; the reactor then owns it. */
export interface AdoptOptions extends ConnectOptions {
  /** A connected stream socket; together with `outputFd` anything that can be read. */
  readonly fd: number;
  /** Where to write, when that is another descriptor: 1 for standard output, with `fd` 0. */
  readonly outputFd?: number;
}

/** Where and how to receive datagrams. */
export interface ListenUDPOptions {
  /** An IP address; 127.0.0.1 unless told. */
  readonly host?: string;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  readonly reusePort?: boolean;
  /** A UDP socket to adopt; the reactor then owns it. */
  readonly fd?: number;
  /**
   * With a wildcard `host`, one socket for each local address, so that each answer leaves from the
   * address it was asked on.
   */
  readonly perAddress?: boolean;
  /** The kernel's buffers, in bytes; the system's default holds only some hundred datagrams. */
  readonly receiveBufferBytes?: number;
  readonly sendBufferBytes?: number;
  /** What happens to datagrams that the kernel does not take: `"drop"` unless told. */
  readonly whenFull?: "drop" | "queue";
  /**
   * How long one turn delivers datagrams before it sheds what else has come, in milliseconds; 10
   * unless told. A flood then costs datagrams, not the timers and the other connections.
   */
  readonly receiveBudgetMs?: number;
}

/** What runs protocols. `BunReactor` does it over sockets, `MemoryReactor` in memory for tests. */
export interface Reactor extends Clock {
  /** Accepts TCP connections. @throws {CannotListenError} @throws {InvalidAddressError} */
  listenTCP(options: ListenTCPOptions, factory: Factory): Promise<ListeningPort<InternetAddress>>;
  /**
   * Connects, builds a protocol and resolves with it after its `connectionMade`.
   *
   * @throws {ConnectError} one of its subclasses, by cause
   */
  connectTCP<P extends Protocol>(
    options: ConnectTCPOptions | AdoptOptions,
    factory: Factory<P>,
  ): Promise<P>;
  /** Accepts connections of this host. A path whose server is dead is taken over. */
  listenUNIX(options: ListenUNIXOptions, factory: Factory): Promise<ListeningPort<UNIXAddress>>;
  connectUNIX<P extends Protocol>(options: ConnectUNIXOptions, factory: Factory<P>): Promise<P>;
  /** Opens a UDP port. One protocol serves one port. */
  listenUDP(options: ListenUDPOptions, protocol: DatagramProtocol): Promise<DatagramPort>;

  /** Between the start of `run` and the end of `stop`. */
  readonly running: boolean;
  /** Calls `call` now if the reactor runs, or else once when it next does. */
  callWhenRunning(call: () => void): void;
  /**
   * Has `call` called when the reactor stops: all of `"before"` first, whose promises are awaited,
   * then all of `"during"`, then every port and connection is closed, then all of `"after"`. An
   * error is logged and the rest still run.
   */
  addSystemEventTrigger(
    phase: SystemEventPhase,
    event: "shutdown",
    call: () => unknown,
  ): SystemEventTrigger;
  /** Runs until `stop`, or SIGINT or SIGTERM. It may be run again afterwards. */
  run(): Promise<void>;
  /** Stops; resolves when all is closed. @throws {ReactorNotRunning} as a rejection */
  stop(): Promise<void>;
}

/** `stop` was called on a reactor that does not run, or is stopping already. */
export class ReactorNotRunning extends Error {
  override readonly name = "ReactorNotRunning";
}
