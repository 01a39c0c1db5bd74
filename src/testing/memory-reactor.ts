import type { DelayedCall } from "../reactor/clock.ts";
import { ConnectError } from "../reactor/connect-error.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { Factory } from "../reactor/factory.ts";
import type { DatagramPort, ListeningPort } from "../reactor/listening-port.ts";
import { type Logger, STDERR_LOGGER } from "../reactor/logger.ts";
import type { Protocol } from "../reactor/protocol.ts";
import {
  type AdoptOptions,
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
import { ConnectionSet } from "../transport/connection-set.ts";
import type { StreamContext } from "../transport/stream-connection.ts";
import { Turn } from "../transport/turn.ts";
import { ManualClock } from "./manual-clock.ts";
import { MemoryConnector } from "./memory-connector.ts";
import { openMemoryDatagramPort } from "./memory-datagram-port.ts";
import type { MemoryLinkOptions } from "./memory-driver.ts";
import {
  type MemoryListenTarget,
  MemoryTCPTarget,
  MemoryUNIXTarget,
} from "./memory-listen-target.ts";
import { MemoryListeningPort } from "./memory-listening-port.ts";
import { MemoryLoop } from "./memory-loop.ts";
import { MemoryNetwork } from "./memory-network.ts";

/** The host that a `MemoryReactor` stands for. */
export interface MemoryReactorOptions extends MemoryLinkOptions {
  /** Gets what a reactor logs; standard error unless told. */
  readonly logger?: Logger;
  /** IP addresses that the host has besides 127.0.0.0/8 and ::1. */
  readonly localHosts?: Iterable<string>;
}

/** How long open connections get to close in order when the reactor stops. */
const STOP_TIMEOUT_MS = 1_000;

/**
 * A reactor without sockets: one host in memory, whose ports and connects find each other, with the
 * transports of real connections. What is sent arrives by itself, soon after, or at once with
 * `flush`; but time stands still until `advance`. Signals do not stop it.
 */
export class MemoryReactor implements Reactor {
  /** The time of everything here. */
  readonly clock: ManualClock;
  readonly #loop = new MemoryLoop({ automatic: true });
  readonly #network: MemoryNetwork;
  readonly #context: StreamContext;
  readonly #events: SystemEvents;
  readonly #ports = new Set<MemoryListeningPort>();
  readonly #datagramPorts = new Set<DatagramPort>();
  readonly #clientConnections = new ConnectionSet();
  #state: "stopped" | "running" | "stopping" = "stopped";
  #finished: PromiseWithResolvers<void> | null = null;
  #whenRunning: (() => void)[] = [];

  constructor(options: MemoryReactorOptions = {}) {
    const { logger = STDERR_LOGGER, localHosts = [] } = options;
    this.clock = new ManualClock({ logger, settle: () => this.#loop.flush() });
    this.#network = new MemoryNetwork(this.#loop, localHosts, options);
    this.#context = { turn: new Turn(this.#loop), clock: this.clock, logger };
    this.#events = new SystemEvents(logger);
  }

  // What a test does to it.

  /** The IP addresses of each name that can be looked up; `localhost` is there already. */
  get names(): Map<string, readonly string[]> {
    return this.#network.names;
  }

  /** From now on nothing that is sent to `host`, or to one port of it, is answered. */
  swallow(host: string, port?: number): void {
    this.#network.swallow(host, port);
  }

  /** The reverse of `swallow`, with the same arguments. */
  answer(host: string, port?: number): void {
    this.#network.answer(host, port);
  }

  /**
   * Moves time on by `ms`, as `ManualClock.advance`, and delivers what is sent on the way. What
   * waits for a promise goes on only after the test awaits something.
   */
  advance(ms: number): void {
    this.clock.advance(ms);
  }

  /** Delivers one event to everybody who has one. Returns how much happened; 0: all is quiet. */
  pump(): number {
    return this.#loop.pump();
  }

  /** Delivers until all is quiet. @throws {Error} when two protocols never stop answering */
  flush(): void {
    this.#loop.flush();
  }

  // What a reactor does.

  now(): number {
    return this.clock.now();
  }

  callLater(delayMs: number, call: () => void): DelayedCall {
    return this.clock.callLater(delayMs, () => this.#inTurn(call));
  }

  async listenTCP(options: ListenTCPOptions, factory: Factory): Promise<ListeningPort> {
    return this.#listen(new MemoryTCPTarget(this.#network, options), factory, options);
  }

  async listenUNIX(options: ListenUNIXOptions, factory: Factory): Promise<ListeningPort> {
    return this.#listen(new MemoryUNIXTarget(this.#network, options), factory, options);
  }

  async connectTCP<P extends Protocol>(
    options: ConnectTCPOptions | AdoptOptions,
    factory: Factory<P>,
  ): Promise<P> {
    if ("fd" in options) {
      throw new ConnectError(`descriptor ${options.fd}`, "there are no descriptors in memory");
    }
    return this.#connector(options, factory).connect();
  }

  async connectUNIX<P extends Protocol>(
    options: ConnectUNIXOptions,
    factory: Factory<P>,
  ): Promise<P> {
    return this.#connector(options, factory).connect();
  }

  async listenUDP(options: ListenUDPOptions, protocol: DatagramProtocol): Promise<DatagramPort> {
    const port = openMemoryDatagramPort(this.#network, options, protocol, this.#context, (closed) =>
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

  async #listen(
    target: MemoryListenTarget,
    factory: Factory,
    options: ListenTCPOptions | ListenUNIXOptions,
  ): Promise<ListeningPort> {
    const port = new MemoryListeningPort(target, factory, this.#context, options);
    await port.startListening();
    this.#ports.add(port);
    return port;
  }

  #connector<P extends Protocol>(
    options: ConnectTCPOptions | ConnectUNIXOptions,
    factory: Factory<P>,
  ): MemoryConnector<P> {
    const connections = this.#clientConnections;
    return new MemoryConnector(this.#network, factory, this.#context, connections, options);
  }

  #callNow(call: () => void): void {
    try {
      this.#inTurn(call);
    } catch (error) {
      this.#context.logger.error("a call made when running failed", error);
    }
  }

  /** What `call` writes leaves together when it has returned, or thrown. */
  #inTurn(call: () => void): void {
    const { turn } = this.#context;
    turn.enter();
    try {
      call();
    } finally {
      turn.leave();
    }
  }

  async #closeEverything(): Promise<void> {
    const ports = [...this.#ports];
    await Promise.all([...this.#datagramPorts, ...ports].map((port) => port.stopListening()));
    await Promise.all([
      this.#clientConnections.close(this.clock, STOP_TIMEOUT_MS),
      ...ports.map((port) => port.closeConnections(STOP_TIMEOUT_MS)),
    ]);
    this.#ports.clear();
  }
}
