import { type Address, checkPort, InternetAddress, UNIXAddress } from "../reactor/address.ts";
import type { DelayedCall } from "../reactor/clock.ts";
import {
  ConnectBindError,
  type ConnectError,
  connectErrorFor,
  ConnectingCancelledError,
  DNSLookupError,
  NoProtocol,
  TimeoutError,
} from "../reactor/connect-error.ts";
import type { Factory } from "../reactor/factory.ts";
import { addressFamily } from "../reactor/ip-address.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectTCPOptions, ConnectUNIXOptions } from "../reactor/reactor.ts";
import type { ConnectionSet } from "../transport/connection-set.ts";
import {
  type ConnectionOwner,
  StreamConnection,
  type StreamContext,
} from "../transport/stream-connection.ts";
import { MemoryDriver } from "./memory-driver.ts";
import type { EventSource } from "./memory-loop.ts";
import type { MemoryNetwork } from "./memory-network.ts";

const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;

/** An unnamed end of a UNIX socket. */
const UNNAMED = new UNIXAddress("");

/** One connect of a `MemoryReactor`: tries the addresses in turn, one each time the loop asks. */
export class MemoryConnector<P extends Protocol> implements EventSource, ConnectionOwner {
  readonly #network: MemoryNetwork;
  readonly #factory: Factory<P>;
  readonly #context: StreamContext;
  readonly #connections: ConnectionSet;
  readonly #options: ConnectTCPOptions | ConnectUNIXOptions;
  readonly #outcome = Promise.withResolvers<P>();
  readonly #cancel = () => this.#giveUp(this.#cancelled());
  #state: "connecting" | "settled" = "connecting";
  #addresses: Address[] | null = null;
  #deadline: DelayedCall | null = null;
  #failure: ConnectError | null = null;

  constructor(
    network: MemoryNetwork,
    factory: Factory<P>,
    context: StreamContext,
    connections: ConnectionSet,
    options: ConnectTCPOptions | ConnectUNIXOptions,
  ) {
    this.#network = network;
    this.#factory = factory;
    this.#context = context;
    this.#connections = connections;
    this.#options = options;
  }

  connect(): Promise<P> {
    const { timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, signal } = this.#options;
    if (signal?.aborted) return Promise.reject(this.#cancelled());
    this.#factory.doStart();
    this.#deadline = this.#context.clock.callLater(timeoutMs, () => {
      this.#giveUp(new TimeoutError(this.#description, `no answer within ${timeoutMs} ms`));
    });
    signal?.addEventListener("abort", this.#cancel);
    this.#network.loop.ready(this);
    return this.#outcome.promise;
  }

  deliver(): void {
    if (this.#state === "settled") return;
    try {
      this.#addresses ??= this.#lookUp();
      const address = this.#addresses.shift();
      if (address !== undefined) this.#try(address);
      else this.#giveUp(this.#failure ?? this.#unknownName());
    } catch (error) {
      this.#settle();
      this.#factory.doStop();
      this.#outcome.reject(error);
    }
  }

  connectionEnded(connection: StreamConnection): void {
    this.#connections.connectionEnded(connection);
    this.#factory.doStop();
  }

  get #description(): string {
    const options = this.#options;
    if ("path" in options) return new UNIXAddress(options.path).toString();
    return `tcp ${options.host}:${options.port}`;
  }

  /** @throws {InvalidAddressError} for a bad port */
  #lookUp(): Address[] {
    const options = this.#options;
    if ("path" in options) return [new UNIXAddress(options.path)];
    const { host } = options;
    const port = checkPort("tcp", options.port);
    const hosts = addressFamily(host) === null ? (this.#network.names.get(host) ?? []) : [host];
    return hosts.map((each) => new InternetAddress("tcp", each, port));
  }

  /** Where nobody answers, the deadline decides. */
  #try(address: Address): void {
    if (address.kind !== "unix" && this.#network.isSwallowed(address.host, address.port)) return;
    const acceptor = this.#network.acceptorAt(address);
    if (acceptor === undefined) {
      const code = address.kind === "unix" ? "ENOENT" : "ECONNREFUSED";
      this.#failure = connectErrorFor(address.toString(), code);
      this.#network.loop.ready(this);
      return;
    }
    const host = this.#clientAddress(address);
    const { loop, link } = this.#network;
    const [near, far] = [
      new MemoryDriver(loop, host, address, link),
      new MemoryDriver(loop, address, host, link),
    ];
    MemoryDriver.join(near, far);
    acceptor.accepted(far);
    this.#connected(near);
  }

  #connected(driver: MemoryDriver): void {
    this.#settle();
    const protocol = this.#buildProtocol(driver.peer);
    if (protocol === null) return driver.close();
    const connection = new StreamConnection(driver, this.#context, this, this.#options);
    this.#connections.add(connection);
    driver.attach(connection);
    connection.start(protocol);
    this.#outcome.resolve(protocol);
  }

  #buildProtocol(peer: Address): P | null {
    try {
      const protocol = this.#factory.buildProtocol(peer);
      if (protocol !== null) return protocol;
      this.#reject(new NoProtocol(peer.toString(), "buildProtocol returned null"));
    } catch (cause) {
      this.#context.logger.error(`buildProtocol for ${peer} failed`, cause);
      this.#reject(new NoProtocol(peer.toString(), "buildProtocol failed", { cause }));
    }
    return null;
  }

  /** @throws {ConnectBindError} when the local address that was asked for is not ours or taken */
  #clientAddress(peer: Address): Address {
    if (peer.kind === "unix") return UNNAMED;
    const wanted = "bindAddress" in this.#options ? this.#options.bindAddress : undefined;
    const address = this.#network.clientAddress(peer);
    if (wanted === undefined) return address;
    const { host, port = 0 } = wanted;
    const { tcp } = this.#network;
    if (!tcp.isLocal(host)) {
      const detail = `EADDRNOTAVAIL: ${host} is no address of ours`;
      throw new ConnectBindError(peer.toString(), detail, { code: "EADDRNOTAVAIL" });
    }
    if (port !== 0 && tcp.find(host, port) !== undefined) {
      const detail = `EADDRINUSE: ${host} port ${port} is taken`;
      throw new ConnectBindError(peer.toString(), detail, { code: "EADDRINUSE" });
    }
    return new InternetAddress("tcp", host, port === 0 ? address.port : port);
  }

  #cancelled(): ConnectError {
    const cause: unknown = this.#options.signal?.reason;
    return new ConnectingCancelledError(this.#description, "cancelled", { cause });
  }

  #unknownName(): ConnectError {
    return new DNSLookupError(this.#description, "ENOTFOUND", { code: "ENOTFOUND" });
  }

  #giveUp(error: ConnectError): void {
    if (this.#state === "settled") return;
    this.#settle();
    this.#reject(error);
  }

  #reject(error: ConnectError): void {
    this.#factory.doStop();
    this.#outcome.reject(error);
  }

  #settle(): void {
    this.#state = "settled";
    this.#deadline?.[Symbol.dispose]();
    this.#options.signal?.removeEventListener("abort", this.#cancel);
  }
}
