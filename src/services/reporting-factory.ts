import type { Address } from "../reactor/address.ts";
import type { Clock } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import { Factory } from "../reactor/factory.ts";
import { Protocol } from "../reactor/protocol.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import type { ConnectionReport } from "./connection-report.ts";

/** What a `ReportingFactory` needs to know and whom it tells. */
export interface Reporting {
  /** The name of the service in the reports. */
  readonly service: string;
  /** Measures the durations. */
  readonly clock: Clock;
  /** Gives the time of the start, in milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Called once for each connection, when it has ended. */
  readonly connectionEnded: (report: ConnectionReport) => void;
}

/** Serves a connection with the protocol that `build` makes, and reports it when it has ended. */
export class ReportingFactory extends Factory {
  readonly #build: () => Protocol;
  readonly #reporting: Reporting;

  constructor(build: () => Protocol, reporting: Reporting) {
    super();
    this.#build = build;
    this.#reporting = reporting;
  }

  override buildProtocol(_peer: Address): Protocol {
    return new ReportedProtocol(this.#build(), this.#reporting);
  }
}

/**
 * Passes everything on to another protocol. It has the optional callbacks that the other one has,
 * because having them means something to the transport.
 */
class ReportedProtocol extends Protocol {
  readonly #inner: Protocol;
  readonly #reporting: Reporting;
  #startedAt = 0;
  #startedAtUnixMs = 0;

  constructor(inner: Protocol, reporting: Reporting) {
    super();
    this.#inner = inner;
    this.#reporting = reporting;
    if (inner.readConnectionLost) this.readConnectionLost = () => inner.readConnectionLost?.();
    if (inner.writeConnectionLost) this.writeConnectionLost = () => inner.writeConnectionLost?.();
    if (inner.pauseWriting) this.pauseWriting = () => inner.pauseWriting?.();
    if (inner.resumeWriting) this.resumeWriting = () => inner.resumeWriting?.();
    if (inner.draining) this.draining = () => inner.draining?.();
  }

  override makeConnection(transport: StreamTransport): void {
    this.transport = transport;
    this.#startedAt = this.#reporting.clock.now();
    this.#startedAtUnixMs = this.#reporting.wallClock();
    return this.#inner.makeConnection(transport);
  }

  override dataReceived(data: Buffer): void {
    return this.#inner.dataReceived(data);
  }

  override connectionLost(reason: CloseReason): void {
    const { service, clock, connectionEnded } = this.#reporting;
    const { bytesReceived, bytesSent } = this.transport.stats;
    connectionEnded({
      service,
      peer: this.transport.getPeer(),
      startedAtUnixMs: this.#startedAtUnixMs,
      durationMs: clock.now() - this.#startedAt,
      bytesReceived,
      bytesSent,
      reason,
    });
    return this.#inner.connectionLost(reason);
  }
}
