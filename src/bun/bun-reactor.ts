import type { DelayedCall } from "../reactor/clock.ts";
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
import { BunClock } from "./bun-clock.ts";
import { openDatagramPort } from "./bun-datagram-port.ts";
import { BunListeningPort } from "./bun-listening-port.ts";
import { AdoptedCandidate, tcpCandidates, UNIXCandidate } from "./connect-candidates.ts";
import { type Cancellable, StreamConnector } from "./stream-connector.ts";
import { TCPListenTarget } from "./tcp-listen-target.ts";
import { UNIXListenTarget } from "./unix-listen-target.ts";

/**
 * How long open connections get to close in order when the reactor stops. Those who want longer
 * drain their ports in a `"before"` trigger.
 */
const STOP_TIMEOUT_MS = 1_000;

/** A timer this long only keeps the process alive while the reactor runs. */
const KEEP_ALIVE_MS = 2_147_483_647;

/** The signals that stop a running reactor; a second one ends the process as if nobody listened. */
const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * The reactor over Bun's event loop and sockets. There may be several in one process; each is
 * independent, and runs as often as one likes. Ports and connections work as soon as they are
 * made; `run` waits for the end and sees to an orderly stop.
 */
export class BunReactor implements Reactor {
  readonly #context: StreamContext;
  readonly #events: SystemEvents;
  readonly #ports = new Set<BunListeningPort>();
  readonly #datagramPorts = new Set<DatagramPort>();
  readonly #connectors = new Set<Cancellable>();
  readonly #clientConnections = new ConnectionSet();
  readonly #onSignal = () => void this.stop();
  #state: "stopped" | "running" | "stopping" = "stopped";
  #finished: PromiseWithResolvers<void> | null = null;
  #whenRunning: (() => void)[] = [];
  #keepAlive: Timer | null = null;

  /** @param options.logger where faults are reported; standard error unless told */
  constructor(options: { readonly logger?: Logger } = {}) {
    const logger = options.logger ?? STDERR_LOGGER;
    const turn = new Turn({ soon: queueMicrotask, nextTurn: setImmediate });
    this.#context = { turn, clock: new BunClock(turn, logger), logger };
    this.#events = new SystemEvents(logger);
  }

  now(): number {
    return this.#context.clock.now();
  }

  callLater(delayMs: number, call: () => void): DelayedCall {
    return this.#context.clock.callLater(delayMs, call);
  }

  async listenTCP(options: ListenTCPOptions, factory: Factory): Promise<ListeningPort> {
    return this.#listen(new TCPListenTarget(options), options, factory);
  }

  async listenUNIX(options: ListenUNIXOptions, factory: Factory): Promise<ListeningPort> {
    return this.#listen(new UNIXListenTarget(options), options, factory);
  }

  async connectTCP<P extends Protocol>(
    options: ConnectTCPOptions | AdoptOptions,
    factory: Factory<P>,
  ): Promise<P> {
    if ("fd" in options) {
      const adopted = [new AdoptedCandidate(options.fd)];
      return this.#connector(`descriptor ${options.fd}`, options, factory).connect(
        async () => adopted,
      );
    }
    const description = `tcp ${options.host}:${options.port}`;
    return this.#connector(description, options, factory).connect(() => tcpCandidates(options));
  }

  async connectUNIX<P extends Protocol>(
    options: ConnectUNIXOptions,
    factory: Factory<P>,
  ): Promise<P> {
    const candidate = new UNIXCandidate(options.path);
    const connector = this.#connector(candidate.address.toString(), options, factory);
    return connector.connect(async () => [candidate]);
  }

  async listenUDP(options: ListenUDPOptions, protocol: DatagramProtocol): Promise<DatagramPort> {
    const port = await openDatagramPort(options, protocol, this.#context, (closed) =>
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
    this.#keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    for (const signal of STOP_SIGNALS) process.once(signal, this.#onSignal);
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
    for (const signal of STOP_SIGNALS) process.off(signal, this.#onSignal);
    await this.#events.fire(() => this.#closeEverything());
    if (this.#keepAlive !== null) clearInterval(this.#keepAlive);
    this.#keepAlive = null;
    this.#state = "stopped";
    this.#finished?.resolve();
    this.#finished = null;
  }

  async #listen(
    target: TCPListenTarget | UNIXListenTarget,
    options: ListenTCPOptions | ListenUNIXOptions,
    factory: Factory,
  ): Promise<ListeningPort> {
    const port = new BunListeningPort(target, factory, this.#context, options, this.#ports);
    await port.startListening();
    return port;
  }

  #connector<P extends Protocol>(
    description: string,
    options: ConnectTCPOptions | ConnectUNIXOptions | AdoptOptions,
    factory: Factory<P>,
  ): StreamConnector<P> {
    return new StreamConnector(
      description,
      factory,
      this.#context,
      this.#clientConnections,
      options,
      this.#connectors,
    );
  }

  #callNow(call: () => void): void {
    this.#context.turn.enter();
    try {
      call();
    } catch (error) {
      this.#context.logger.error("a call made when running failed", error);
    }
    this.#context.turn.leave();
  }

  async #closeEverything(): Promise<void> {
    for (const connector of this.#connectors) connector.cancel();
    const ports = [...this.#ports];
    await Promise.all([
      ...[...this.#datagramPorts].map((port) => port.stopListening()),
      ...ports.map((port) => port.stopListening()),
    ]);
    await Promise.all([
      this.#clientConnections.close(this.#context.clock, STOP_TIMEOUT_MS),
      ...ports.map((port) => port.closeConnections(STOP_TIMEOUT_MS)),
    ]);
  }
}
