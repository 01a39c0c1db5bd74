import type { InternetAddress } from "../reactor/address.ts";
import { clientsExcept } from "../protocols/echo-loops.ts";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import { Factory } from "../reactor/factory.ts";
import type { DatagramPort, ListeningPort } from "../reactor/listening-port.ts";
import type { Reactor } from "../reactor/reactor.ts";
import type { ConnectionReport } from "./connection-report.ts";
import { ReportingFactory } from "./reporting-factory.ts";
import { ServiceStartError } from "./service-start-error.ts";
import type { ServiceTransport, SmallService } from "./small-services.ts";

/** How long open connections get to close in order when the set stops, in milliseconds. */
const STOP_TIMEOUT_MS = 1_000;

/** How a system says that it does not have an address, or its family. */
const MISSING_ADDRESS: ReadonlySet<string | undefined> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/** What to serve, and where. */
interface ServiceSetOptions {
  readonly services: readonly SmallService[];
  /** IP addresses. A wildcard's UDP services have one socket for each local address. */
  readonly hosts: readonly string[];
  /** Those of `hosts` that may be missing on this machine and are then left out. */
  readonly optionalHosts?: readonly string[];
  /** Added to each service's well-known port. */
  readonly portBase: number;
  /** Called for each connection that has ended. */
  readonly connectionEnded: (report: ConnectionReport) => void;
  /** The time that reports carry, in milliseconds since 1970; the system's unless told. */
  readonly wallClock?: () => number;
}

/** One service on one transport, with all its addresses. */
export interface ServiceListener {
  readonly service: SmallService;
  readonly transport: ServiceTransport;
  readonly addresses: readonly InternetAddress[];
}

/** What a set has served so far. */
interface ServiceTotals {
  readonly connections: number;
  readonly datagrams: number;
}

/** The listeners of several services on several hosts: all of them run, or none. */
export class ServiceSet {
  readonly #reactor: Reactor;
  readonly #options: ServiceSetOptions;
  readonly #streams: { readonly service: SmallService; readonly port: ListeningPort }[] = [];
  readonly #datagrams: { readonly service: SmallService; readonly port: DatagramPort }[] = [];
  readonly #missingHosts = new Map<string, CannotListenError>();

  constructor(reactor: Reactor, options: ServiceSetOptions) {
    this.#reactor = reactor;
    this.#options = options;
  }

  /** Opens every listener. @throws {ServiceStartError} as a rejection; nothing is left open then */
  async start(): Promise<void> {
    try {
      for (const host of this.#options.hosts) {
        for (const service of this.#options.services) await this.#open(host, service);
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Accepts no more, lets open connections close in order for a second, and closes all. */
  async stop(): Promise<void> {
    await Promise.all([
      ...this.#streams.map(({ port }) => port.drain({ timeoutMs: STOP_TIMEOUT_MS })),
      ...this.#datagrams.map(({ port }) => port.stopListening()),
    ]);
  }

  /** What listens where, service by service. */
  get listeners(): ServiceListener[] {
    return this.#options.services.flatMap((service) => [
      { service, transport: "tcp" as const, addresses: this.#streamAddresses(service) },
      { service, transport: "udp" as const, addresses: this.#datagramAddresses(service) },
    ]);
  }

  /** The optional hosts that are missing here, each with the reason. */
  get missingHosts(): ReadonlyMap<string, CannotListenError> {
    return this.#missingHosts;
  }

  get totals(): ServiceTotals {
    let connections = 0;
    let datagrams = 0;
    for (const { port } of this.#streams) connections += port.stats.accepted;
    for (const { port } of this.#datagrams) datagrams += port.stats.received;
    return { connections, datagrams };
  }

  async #open(host: string, service: SmallService): Promise<void> {
    if (this.#missingHosts.has(host)) return;
    try {
      await this.#openStream(host, service);
      await this.#openDatagrams(host, service);
    } catch (error) {
      if (!(error instanceof CannotListenError)) throw error;
      if (!this.#isMissing(host, error)) throw new ServiceStartError(service.name, error);
      this.#missingHosts.set(host, error);
    }
  }

  async #openStream(host: string, service: SmallService): Promise<void> {
    const { portBase, connectionEnded, wallClock = Date.now } = this.#options;
    const factory = new ReportingFactory(new Factory(service.stream), {
      service: service.name,
      clock: this.#reactor,
      wallClock,
      connectionEnded,
    });
    const port = await this.#reactor.listenTCP({ host, port: portBase + service.port }, factory);
    this.#streams.push({ service, port });
  }

  async #openDatagrams(host: string, service: SmallService): Promise<void> {
    const { portBase, services } = this.#options;
    const mayAnswer = clientsExcept(services.map((each) => portBase + each.port));
    const port = await this.#reactor.listenUDP(
      { host, port: portBase + service.port, perAddress: true },
      service.datagrams(mayAnswer),
    );
    this.#datagrams.push({ service, port });
  }

  #isMissing(host: string, error: CannotListenError): boolean {
    const optional = this.#options.optionalHosts?.includes(host) ?? false;
    return optional && MISSING_ADDRESS.has(error.code);
  }

  #streamAddresses(service: SmallService): InternetAddress[] {
    return this.#streams
      .filter((each) => each.service === service)
      .flatMap(({ port }) => (port.host.kind === "unix" ? [] : [port.host]));
  }

  #datagramAddresses(service: SmallService): InternetAddress[] {
    return this.#datagrams
      .filter((each) => each.service === service)
      .flatMap(({ port }) => [...port.hosts]);
  }
}
