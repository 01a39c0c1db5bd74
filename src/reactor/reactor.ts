import type { InternetAddress, UNIXAddress } from "./address.ts";
import type { Clock, DelayedCall } from "./clock.ts";
import type { DatagramProtocol } from "./datagram-protocol.ts";
import type { Factory } from "./factory.ts";
import type { DatagramPort, ListeningPort } from "./listening-port.ts";
import type { Logger } from "./logger.ts";
import type { Protocol } from "./protocol.ts";
import type { HostnameResolver } from "./resolve-hostname.ts";
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
  /**
   * A listening socket to adopt instead of opening one. The reactor owns it from the call on, and
   * closes it whatever comes of the call; unless this process serves it already.
   */
  readonly fd?: number;
  /** Secures every connection; a protocol is built only after a good handshake. */
  readonly tls?: TLSServerOptions;
}

/** Where and how to accept connections of this host. */
export interface ListenUNIXOptions extends StreamOptions {
  /** A path, or an abstract name, which starts with a NUL character. Empty with `fd`: its own. */
  readonly path: string;
  /** The permissions of the path; 0o666 unless told. */
  readonly mode?: number;
  readonly backlog?: number;
  readonly maxConnections?: number;
  /** A listening socket to adopt, as with TCP; `path` then only names it, and is never removed. */
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
  /**
   * An IP address or a name. The addresses of a name race (Happy Eyeballs, RFC 8305): the families
   * in turn, one more attempt after each `attemptDelayMs` or as soon as one has failed, and the
   * first that answers is used.
   */
  readonly host: string;
  readonly port: number;
  /** How long an attempt has before the next address is tried beside it; 250 ms by default. */
  readonly attemptDelayMs?: number;
  /** Finds the addresses of a name; the reactor's own lookup by default. */
  readonly resolver?: HostnameResolver;
  /**
   * The local address to connect from; any port by default. With a port of its own the addresses of
   * a name are tried one after the other, each until it fails.
   */
  readonly bindAddress?: { readonly host: string; readonly port?: number };
}

/** Where and how to connect on this host. */
export interface ConnectUNIXOptions extends ConnectOptions {
  readonly path: string;
}

/**
 * A connected socket, or a pair of descriptors, to adopt. The reactor owns it from the call on, and
 * closes it whatever comes of the call; unless this process serves it already.
 */
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
  /** A UDP socket to adopt. The reactor owns it once the port is open; before, the caller does. */
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
   * How long one turn delivers datagrams, in milliseconds; 10 by default. What has come beyond that
   * waits for the next turn, as much as a socket's buffer holds, and more is shed: a flood costs
   * datagrams, not the timers and the other connections.
   */
  readonly receiveBudgetMs?: number;
}

/**
 * What runs protocols. `BunReactor` does it over sockets, `MemoryReactor` in memory for tests.
 *
 * It works from the moment it is made: ports, connections and timed calls do not wait for `run`.
 * After `stop` it does nothing until it is run again.
 */
export interface Reactor extends Clock {
  /** Accepts TCP connections. @throws {CannotListenError} @throws {InvalidAddressError} */
  listenTCP(options: ListenTCPOptions, factory: Factory): Promise<ListeningPort<InternetAddress>>;
  /**
   * Connects, builds a protocol and resolves with it after its `connectionMade`. A lookup that was
   * begun goes on after a cancel, since systems cannot take one back; its answer is then ignored.
   *
   * @throws {ConnectError} one of its subclasses, by cause; when all addresses of a name have
   *   failed, one with all of their errors in its `cause`, and of the same class if they are alike
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

  /** Where it reports, and what belongs to it as well. */
  readonly logger: Logger;

  /** Between the start of `run` and the end of `stop`. */
  readonly running: boolean;
  /** Calls `call` now if the reactor runs, or else once when it next does. */
  callWhenRunning(call: () => void): void;
  /**
   * As of every `Clock`, and until the reactor has stopped: then all calls that are still to come
   * are cancelled. One that is made later waits until the reactor runs again, and is made at once
   * then if its time has passed.
   *
   * @throws {RangeError} when `delayMs` is negative or not a finite number
   */
  callLater(delayMs: number, call: () => void): DelayedCall;
  /**
   * Has `call` called once when the reactor stops, in its phase; see `stop`. An error that it
   * throws, or rejects with, is logged, and the rest still run. What is added for a phase that has
   * begun waits for the next stop.
   */
  addSystemEventTrigger(
    phase: SystemEventPhase,
    event: "shutdown",
    call: () => unknown,
  ): SystemEventTrigger;
  /**
   * Runs until `stop`, or SIGINT or SIGTERM; resolves when it has stopped. It may be run again
   * afterwards: it has nothing left of what was before, listens and connects again, and makes the
   * calls that were asked for since.
   *
   * @throws {Error} as a rejection, when it runs already
   */
  run(): Promise<void>;
  /**
   * Stops, in this order:
   *
   * 1. The triggers of `"before"` are called, and what they promise is waited for, a minute at
   *    most. Everything goes on as before meanwhile.
   * 2. The triggers of `"during"` are called.
   * 3. Connects under way are cancelled and ports closed. Open connections are closed in order, and
   *    aborted after a second. From here on nothing can be opened: `listenTCP` and the others, and
   *    `startListening`, reject with `ReactorNotRunning` until the reactor runs again.
   * 4. The triggers of `"after"` are called.
   * 5. The calls that are still to come are cancelled. Nothing of the reactor keeps the process
   *    alive now.
   *
   * Resolves when all that is done.
   *
   * @throws {ReactorNotRunning} as a rejection, when it does not run or stops already; in the
   *   second case that is no fault where nobody waits for the promise
   */
  stop(): Promise<void>;
}

/**
 * `stop` was called on a reactor that does not run or stops already, or something was to be opened
 * on one that has stopped.
 */
export class ReactorNotRunning extends Error {
  override readonly name = "ReactorNotRunning";
}
