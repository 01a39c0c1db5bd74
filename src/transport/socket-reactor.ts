import type { Address, InternetAddress, UNIXAddress } from "../reactor/address.ts";
import { checkDatagramProtocol, checkFactory } from "../reactor/check-factory.ts";
import { checkOptions, type OptionTable } from "../reactor/check-options.ts";
import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { Factory } from "../reactor/factory.ts";
import type { DatagramPort, ListeningPort } from "../reactor/listening-port.ts";
import type { Logger } from "../reactor/logger.ts";
import type { Protocol } from "../reactor/protocol.ts";
import { FUNCTION, oneOf } from "../reactor/option-kinds.ts";
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
import type { ListenTarget } from "./listen-target.ts";
import { makeDatagramPort } from "./make-datagram-port.ts";
import { ReactorBooks } from "./reactor-books.ts";
import { ReactorCalls } from "./reactor-calls.ts";
import {
  ADOPT_OPTIONS,
  CONNECT_TCP_OPTIONS,
  CONNECT_UNIX_OPTIONS,
  LISTEN_TCP_OPTIONS,
  LISTEN_UDP_OPTIONS,
  LISTEN_UNIX_OPTIONS,
} from "./reactor-options.ts";
import type { SocketMaker } from "./socket-maker.ts";
import type { TransportContext } from "./transport-context.ts";
import { StreamConnector, type StreamConnectorOptions } from "./stream-connector.ts";
import { StreamPort, type StreamPortOptions } from "./stream-port.ts";
import { tcpCandidates } from "./tcp-candidates.ts";

const PHASE = oneOf("before", "during", "after");
const EVENT = oneOf("shutdown");

/** What kinds of reactors do in ways of their own. */
interface SocketReactorOptions {
  /** What the calls of `callLater` are counted by; by default the clock of the transports. */
  readonly clock?: Clock;
  /** How long `stop` waits for what the triggers of `"before"` promise, in milliseconds. */
  readonly stopTimeoutMs?: number;
}

/**
 * Everything a reactor does that does not depend on where its sockets come from: the books of what
 * is open, its timed calls, and the order of starting and stopping. Each reactor is one of these
 * with a `SocketMaker` and a clock of its own.
 */
export abstract class SocketReactor implements Reactor {
  protected readonly context: TransportContext;
  readonly #sockets: SocketMaker;
  readonly #events: SystemEvents;
  readonly #books: ReactorBooks;
  readonly #calls: ReactorCalls;
  #state: "new" | "running" | "stopping" | "stopped" = "new";
  #finished: PromiseWithResolvers<void> | null = null;
  #whenRunning: (() => void)[] = [];

  constructor(
    sockets: SocketMaker,
    context: TransportContext,
    { clock = context.clock, stopTimeoutMs }: SocketReactorOptions = {},
  ) {
    this.context = context;
    this.#sockets = sockets;
    this.#books = new ReactorBooks(context);
    this.#calls = new ReactorCalls(clock);
    this.#events = new SystemEvents(context.logger, this, stopTimeoutMs);
  }

  now(): number {
    return this.context.clock.now();
  }

  callLater(delayMs: number, call: () => void): DelayedCall {
    return this.#calls.callLater(delayMs, call);
  }

  async listenTCP(
    options: ListenTCPOptions,
    factory: Factory,
  ): Promise<ListeningPort<InternetAddress>> {
    const makeTarget = () => this.#sockets.tcpTarget(options);
    return this.#listen("listenTCP", options, LISTEN_TCP_OPTIONS, factory, makeTarget);
  }

  async listenUNIX(
    options: ListenUNIXOptions,
    factory: Factory,
  ): Promise<ListeningPort<UNIXAddress>> {
    const makeTarget = () => this.#sockets.unixTarget(options);
    return this.#listen("listenUNIX", options, LISTEN_UNIX_OPTIONS, factory, makeTarget);
  }

  async connectTCP<P extends Protocol>(
    options: ConnectTCPOptions | AdoptOptions,
    factory: Factory<P>,
  ): Promise<P> {
    if (isAdoption(options)) {
      const adopted = this.#sockets.adoptedConnection(options);
      return orDiscarded(adopted, async () => {
        checkOptions("connectTCP", options, ADOPT_OPTIONS);
        checkFactory("connectTCP", factory);
        const connector = this.#connector(adopted.description, options, factory);
        return connector.connect(async () => [adopted]);
      });
    }
    checkOptions("connectTCP", options, CONNECT_TCP_OPTIONS);
    checkFactory("connectTCP", factory);
    const { host, port, tls } = options;
    const { serverName = host } = tls ?? {};
    const secured = tls === undefined ? options : { ...options, tls: { ...tls, serverName } };
    const connector = this.#connector(`tcp ${host}:${port}`, secured, factory);
    return connector.connect(() => tcpCandidates(this.#sockets, options));
  }

  async connectUNIX<P extends Protocol>(
    options: ConnectUNIXOptions,
    factory: Factory<P>,
  ): Promise<P> {
    checkOptions("connectUNIX", options, CONNECT_UNIX_OPTIONS);
    checkFactory("connectUNIX", factory);
    const candidate = this.#sockets.unixCandidate(options);
    const connector = this.#connector(candidate.description, options, factory);
    return connector.connect(async () => [candidate]);
  }

  async listenUDP(options: ListenUDPOptions, protocol: DatagramProtocol): Promise<DatagramPort> {
    checkOptions("listenUDP", options, LISTEN_UDP_OPTIONS);
    checkDatagramProtocol("listenUDP", protocol);
    const closed = (port: DatagramPort) => this.#books.deleteDatagramPort(port);
    return this.#books.addDatagramPort(() =>
      makeDatagramPort(this.#sockets, options, protocol, this.context, closed),
    );
  }

  get logger(): Logger {
    return this.context.logger;
  }

  get running(): boolean {
    return this.#state === "running" || this.#state === "stopping";
  }

  callWhenRunning(call: () => void): void {
    FUNCTION.check("callWhenRunning: call", call);
    if (this.running) this.#callNow(call);
    else this.#whenRunning.push(call);
  }

  addSystemEventTrigger(
    phase: SystemEventPhase,
    event: "shutdown",
    call: () => unknown,
  ): SystemEventTrigger {
    PHASE.check("addSystemEventTrigger: phase", phase);
    EVENT.check("addSystemEventTrigger: event", event);
    FUNCTION.check("addSystemEventTrigger: call", call);
    return this.#events.add(phase, call);
  }

  run(): Promise<void> {
    if (this.#finished !== null) {
      return Promise.reject(new Error("Cannot run a reactor that runs already"));
    }
    this.#finished = Promise.withResolvers();
    this.#state = "running";
    this.#books.open();
    this.#calls.resume();
    const calls = this.#whenRunning;
    this.#whenRunning = [];
    for (const call of calls) this.#callNow(call);
    return this.#finished.promise;
  }

  stop(): Promise<void> {
    if (this.#state === "running") return this.#stop();
    const why = this.#state === "stopping" ? "stops already" : "does not run";
    const refused = Promise.reject(new ReactorNotRunning(`Cannot stop a reactor that ${why}`));
    // Who only wants it to stop has that; who waits for this promise hears that it is another's.
    if (this.#state === "stopping") refused.catch(() => undefined);
    return refused;
  }

  async #stop(): Promise<void> {
    this.#state = "stopping";
    try {
      await this.#events.fire(() => this.#books.close(this));
    } finally {
      this.#state = "stopped";
      this.#calls.halt();
      this.#finished?.resolve();
      this.#finished = null;
    }
  }

  async #listen<A extends Address>(
    place: string,
    options: StreamPortOptions & { readonly fd?: number },
    table: OptionTable,
    factory: Factory,
    makeTarget: () => ListenTarget<A>,
  ): Promise<ListeningPort<A>> {
    // One that adopts a descriptor is made first: the descriptor is the reactor's from the call on.
    const adopting = isAdoption(options) ? makeTarget() : null;
    return orDiscarded(adopting, async () => {
      checkOptions(place, options, table);
      checkFactory(place, factory);
      const target = adopting ?? makeTarget();
      const port = new StreamPort(target, factory, this.context, options, this.#books);
      await port.startListening();
      return port;
    });
  }

  #connector<P extends Protocol>(
    description: string,
    options: StreamConnectorOptions,
    factory: Factory<P>,
  ): StreamConnector<P> {
    this.#books.mustBeOpen();
    return new StreamConnector(description, factory, this.context, this.#books, options);
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
}

function isAdoption(options: object): options is { readonly fd: number } {
  return "fd" in Object(options) && (options as AdoptOptions).fd !== undefined;
}

/** A descriptor to adopt is the reactor's from the call on: it is closed when that fails. */
async function orDiscarded<T>(
  adopted: { discard?(): void } | null,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    adopted?.discard?.();
    throw error;
  }
}
