import type { InternetAddress, UNIXAddress } from "../reactor/address.ts";
import { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import { Factory } from "../reactor/factory.ts";
import type { DatagramPort, ListeningPort } from "../reactor/listening-port.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type {
  AdoptOptions,
  ConnectTCPOptions,
  ConnectUNIXOptions,
  ListenTCPOptions,
  ListenUDPOptions,
  ListenUNIXOptions,
} from "../reactor/reactor.ts";
import { SocketReactor } from "../transport/socket-reactor.ts";
import { Turn } from "../transport/turn.ts";
import type { ManualClock } from "./manual-clock.ts";
import { MemoryNetwork } from "./memory-network.ts";
import { MemorySockets } from "./memory-sockets.ts";
import { NO_TLS } from "./no-tls.ts";
import { SeededRandom } from "./seeded-random.ts";
import { SimulatedConnect } from "./simulated-connect.ts";
import { SimulatedConnections } from "./simulated-connections.ts";
import { WatchedDatagrams } from "./simulated-datagram-protocol.ts";
import { SimulatedDatagrams } from "./simulated-datagrams.ts";
import { WatchedFactory } from "./simulated-factory.ts";
import { type PartitionDirection, SimulatedOutages } from "./simulated-outages.ts";
import { SimulatedRun } from "./simulated-run.ts";
import { SimulatedTransportClock } from "./simulated-transport-clock.ts";
import { Simulation } from "./simulation.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import type { SimulationResult } from "./simulation-result.ts";
import { TurnClock } from "./turn-clock.ts";

/** Sets protocols up on a network; what it does wrong, or a check of its, breaks the run. */
export type Scenario = (network: SimulatedNetwork) => void | Promise<void>;

/** The seed of a network, and what may go wrong on it. */
export interface SimulatedNetworkOptions extends SimulationOptions {
  /** A whole number, of which the lower 32 bits count. */
  readonly seed: number;
  /** Whether to keep the trace and the decisions; true unless told. */
  readonly recording?: boolean;
}

/** The part of a seed that scenarios draw from. */
const SCENARIO_SALT = 0x5ce0;

/**
 * A reactor over a network that does whatever networks do, as its seed decides: a host in memory
 * with the transports of real connections, on virtual time. `simulate` and `explore` make one for
 * each run.
 *
 * It checks what a reactor promises of every connection and port, and that bytes arrive as they
 * were written. A scenario adds checks of its own.
 */
export class SimulatedNetwork extends SocketReactor {
  /** The time of everything here; a call on it is an event of the run, as with `callLater`. */
  readonly clock: ManualClock;
  /** For what a scenario does by chance; depends on the seed alone. */
  readonly random: SeededRandom;
  readonly #simulation: Simulation;
  readonly #network: MemoryNetwork;
  readonly #outages: SimulatedOutages;
  readonly #connections: SimulatedConnections;
  readonly #run: SimulatedRun;

  constructor(options: SimulatedNetworkOptions) {
    const { seed, recording = true, localHosts = [] } = options;
    const simulation = new Simulation(seed, recording, options);
    const outages = new SimulatedOutages(simulation);
    const connections = new SimulatedConnections(simulation);
    const { carry } = new SimulatedDatagrams(simulation, outages);
    const network = new MemoryNetwork(simulation, localHosts, {}, carry);
    const place = { simulation, network, outages, connections };
    const sockets = new MemorySockets(
      network,
      (host, peer, owner) => new SimulatedConnect(place, host, peer, owner),
    );
    const clock = new SimulatedTransportClock(simulation);
    const turn = new Turn(simulation, simulation);
    const calls = new TurnClock(simulation, turn, simulation);
    super(sockets, { turn, clock, logger: simulation, tls: NO_TLS }, { clock: calls });
    this.clock = simulation.clock;
    this.random = new SeededRandom(seed ^ SCENARIO_SALT);
    this.#simulation = simulation;
    this.#network = network;
    this.#outages = outages;
    this.#connections = connections;
    this.#run = new SimulatedRun(seed, simulation, connections, clock);
  }

  /** The IP addresses of each name that can be looked up; `localhost` is there already. */
  get names(): Map<string, readonly string[]> {
    return this.#network.names;
  }

  /**
   * Whether every connect came about, and every connection ended as `done` at both ends, and not by
   * a half-close of the network's or because of `durationMs`: then nothing that was sent may be
   * missing. For checks at the end.
   */
  get endedWell(): boolean {
    return this.#run.endedWell;
  }

  /** Whether no fault has taken effect so far. */
  get undisturbed(): boolean {
    return !this.#simulation.schedule.hasInterfered;
  }

  /** Has `check` called after every event from now on; what it throws breaks the run. */
  invariant(check: () => unknown): void {
    this.#simulation.addInvariant(check);
  }

  /** Has `check` called when everything has closed; what it throws breaks the run. */
  atEnd(check: () => unknown): void {
    this.#run.addEndCheck(check);
  }

  /** Errors that `matches` accepts may be logged; any other that is breaks the run. */
  expectError(matches: (error: unknown) => boolean): void {
    this.#simulation.expectError(matches);
  }

  /**
   * From now on nothing gets to `host`, or to one port of it, nor from there; `direction` leaves it
   * at one of the two. Streams wait for `heal`, datagrams are lost.
   *
   * @param host an IP address
   * @throws {InvalidAddressError} when it is none, or `port` no port
   */
  partition(host: string, port?: number, direction: PartitionDirection = "both"): void {
    this.#outages.partition(host, port, direction);
  }

  /** Ends the partitions of `host` and `port` as they were given, or without them all. */
  heal(host?: string, port?: number): void {
    this.#outages.heal(host, port);
  }

  /** Adds a line of the scenario's own to the trace. */
  note(line: string): void {
    this.#simulation.note(line);
  }

  /**
   * Moves time on by `ms`, and has everything on the way happen. For tests that make a network
   * themselves: in a scenario time goes on by itself, and `sleep` waits for it.
   *
   * @throws {BrokenInvariant}
   */
  advance(ms: number): void {
    this.#simulation.advance(ms);
    this.#run.throwFailure();
  }

  /** Runs the beginning of `scenario`, up to where it waits for something. */
  begin(scenario: Scenario): void {
    this.#run.begin(() => scenario(this));
  }

  /**
   * Has all happen that is to come, closes everything, and makes the checks that belong to the end.
   *
   * @throws {BrokenInvariant} when one does not hold, or one did not before
   */
  finish(): SimulationResult {
    return this.#run.finish(this);
  }

  override listenTCP(
    options: ListenTCPOptions,
    factory: Factory,
  ): Promise<ListeningPort<InternetAddress>> {
    return super.listenTCP(options, this.#watched(factory));
  }

  override listenUNIX(
    options: ListenUNIXOptions,
    factory: Factory,
  ): Promise<ListeningPort<UNIXAddress>> {
    return super.listenUNIX(options, this.#watched(factory));
  }

  override connectTCP<P extends Protocol>(
    options: ConnectTCPOptions | AdoptOptions,
    factory: Factory<P>,
  ): Promise<P> {
    return this.#forgiving(super.connectTCP(options, this.#watched(factory)));
  }

  override connectUNIX<P extends Protocol>(
    options: ConnectUNIXOptions,
    factory: Factory<P>,
  ): Promise<P> {
    return this.#forgiving(super.connectUNIX(options, this.#watched(factory)));
  }

  override listenUDP(options: ListenUDPOptions, protocol: DatagramProtocol): Promise<DatagramPort> {
    const isProtocol = protocol instanceof DatagramProtocol;
    const watched = isProtocol ? new WatchedDatagrams(protocol, this.#simulation) : protocol;
    return super.listenUDP(options, watched);
  }

  /** A connect that the network prevents and nobody waits for is nobody's mistake. */
  #forgiving<P>(connecting: Promise<P>): Promise<P> {
    const { promise, resolve, reject } = Promise.withResolvers<P>();
    connecting.then(resolve, (error: unknown) => {
      if (this.#run.isHindrance(error)) promise.catch(() => undefined);
      reject(error);
    });
    return promise;
  }

  /** What is no factory is left to be refused as it is. */
  #watched<P extends Protocol>(factory: Factory<P>): Factory<P> {
    if (!(factory instanceof Factory)) return factory;
    return new WatchedFactory(factory, this.#connections);
  }
}
