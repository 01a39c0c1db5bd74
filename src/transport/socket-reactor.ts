import type { Address, InternetAddress, UNIXAddress } from "../reactor/address.ts";
import type { DelayedCall } from "../reactor/clock.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { Factory } from "../reactor/factory.ts";
import type { DatagramPort, ListeningPort } from "../reactor/listening-port.ts";
import type { Protocol } from "../reactor/protocol.ts";
import {
  type AdoptOptions,
  type ConnectOptions,
  type ConnectTCPOptions,
  type ConnectUNIXOptions,
  type ListenTCPOptions,
  type ListenUDPOptions,
  type ListenUNIXOptions,
  type Reactor,
  ReactorNotRunning,
} from "../reactor/reactor.ts";
import {
  type SystemEventPhase,
  SystemEvents,
  type SystemEventTrigger,
} from "../reactor/system-events.ts";
import { ConnectionSet } from "./connection-set.ts";
import type { ListenTarget } from "./listen-target.ts";
import { makeDatagramPort } from "./make-datagram-port.ts";
import type { SocketMaker } from "./socket-maker.ts";
import type { TransportContext } from "./transport-context.ts";
import { type Cancellable, StreamConnector } from "./stream-connector.ts";
import { StreamPort, type StreamPortOptions } from "./stream-port.ts";

/**
 * How long open connections get to close in order when the reactor stops. Those who want longer
 * drain their ports in a `"before"` trigger.
 */
const STOP_TIMEOUT_MS = 1_000;

/**
 * Everything a reactor does that does not depend on where its sockets come from: the books of ports
 * and connections, and the order of starting and stopping. Each reactor is one of these with a
 * `SocketMaker` and a clock of its own.
 */
export abstract class SocketReactor implements Reactor {
  protected readonly context: TransportContext;
  readonly #sockets: SocketMaker;
  readonly #events: SystemEvents;
  readonly #ports = new Set<StreamPort<Address>>();
  readonly #datagramPorts = new Set<DatagramPort>();
  readonly #connecting = new Set<Cancellable>();
  readonly #connections = new ConnectionSet();
  #state: "stopped" | "running" | "stopping" = "stopped";
  #finished: PromiseWithResolvers<void> | null = null;
  #whenRunning: (() => void)[] = [];

  constructor(sockets: SocketMaker, context: TransportContext) {
    this.context = context;
    this.#sockets = sockets;
    this.#events = new SystemEvents(context.logger);
  }

  now(): number {
    return this.context.clock.now();
  }

  callLater(delayMs: number, call: () => void): DelayedCall {
    return this.context.clock.callLater(delayMs, call);
  }

  async listenTCP(
    options: ListenTCPOptions,
    factory: Factory,
  ): Promise<ListeningPort<InternetAddress>> {
    return this.#listen(this.#sockets.tcpTarget(options), options, factory);
  }

  async listenUNIX(
    options: ListenUNIXOptions,
    factory: Factory,
  ): Promise<ListeningPort<UNIXAddress>> {
    return this.#listen(this.#sockets.unixTarget(options), options, factory);
  }

  async connectTCP<P extends Protocol>(
    options: ConnectTCPOptions | AdoptOptions,
    factory: Factory<P>,
  ): Promise<P> {
    if ("fd" in options) {
      const adopted = this.#sockets.adoptedCandidate(options);
      const connector = this.#connector(`descriptor ${options.fd}`, options, factory);
      return connector.connect(async () => [adopted]);
    }
    const { host, port, tls } = options;
    const { serverName = host } = tls ?? {};
    const secured = tls === undefined ? options : { ...options, tls: { ...tls, serverName } };
    const connector = this.#connector(`tcp ${host}:${port}`, secured, factory);
    return connector.connect(() => this.#sockets.tcpCandidates(options));
  }

  async connectUNIX<P extends Protocol>(
    options: ConnectUNIXOptions,
    factory: Factory<P>,
  ): Promise<P> {
    const candidate = this.#sockets.unixCandidate(options);
    const connector = this.#connector(candidate.address.toString(), options, factory);
    return connector.connect(async () => [candidate]);
  }

  async listenUDP(options: ListenUDPOptions, protocol: DatagramProtocol): Promise<DatagramPort> {
    const port = await makeDatagramPort(this.#sockets, options, protocol, this.context, (closed) =>
      this.#datagramPorts.delete(closed),
    );
    this.#datagramPorts.add(port);
    return port;
  }

  get running(): boolean {
    return this.#state !== "stopped";
  }

  callWhenRunning(call: () => void): void {
    if (this.running) this.#callNow(call);
    else this.#whenRunning.push(call);
  }

  addSystemEventTrigger(
    phase: SystemEventPhase,
    _event: "shutdown",
    call: () => unknown,
  ): SystemEventTrigger {
    return this.#events.add(phase, call);
  }

  run(): Promise<void> {
    if (this.#finished !== null) {
      return Promise.reject(new Error("Cannot run a reactor that runs already"));
    }
    this.#finished = Promise.withResolvers();
    this.#state = "running";
    const calls = this.#whenRunning;
    this.#whenRunning = [];
    for (const call of calls) this.#callNow(call);
    return this.#finished.promise;
  }

  async stop(): Promise<void> {
    if (this.#state !== "running") {
      throw new ReactorNotRunning(`Cannot stop a reactor that is ${this.#state}`);
    }
    this.#state = "stopping";
    await this.#events.fire(() => this.#closeEverything());
    this.#state = "stopped";
    this.#finished?.resolve();
    this.#finished = null;
  }

  async #listen<A extends Address>(
    target: ListenTarget<A>,
    options: StreamPortOptions,
    factory: Factory,
  ): Promise<ListeningPort<A>> {
    const port = new StreamPort(target, factory, this.context, options, this.#ports);
    await port.startListening();
    return port;
  }

  #connector<P extends Protocol>(
    description: string,
    options: ConnectOptions,
    factory: Factory<P>,
  ): StreamConnector<P> {
    const books = { connecting: this.#connecting, connections: this.#connections };
    return new StreamConnector(description, factory, this.context, books, options);
  }

  #callNow(call: () => void): void {
    const report = (error: unknown) =>
      this.context.logger.error("a call made when running failed", error);
    const outer = this.context.turn.enter();
    try {
      const result: unknown = call();
      if (result instanceof Promise) result.catch(report);
    } catch (error) {
      report(error);
    } finally {
      this.context.turn.leave(outer);
    }
  }

  /** One that cannot be stopped in order must not keep the others, or the reactor, running. */
  async #stopPort(port: ListeningPort | DatagramPort): Promise<void> {
    try {
      await port.stopListening();
    } catch (error) {
      this.context.logger.error(`stopping the port at ${port.host} failed`, error);
    }
  }

  async #closeEverything(): Promise<void> {
    for (const connector of this.#connecting) connector.cancel();
    const ports = [...this.#ports];
    await Promise.all([...this.#datagramPorts, ...ports].map((port) => this.#stopPort(port)));
    await Promise.all([
      this.#connections.close(this.context.clock, STOP_TIMEOUT_MS),
      ...ports.map((port) => port.closeConnections(STOP_TIMEOUT_MS)),
    ]);
  }
}
